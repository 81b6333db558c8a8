-- The first data model. Three things here are beyond the model's language: SET NULL names the one column that it
-- empties (the project stays), counters and positions are checked, and the oldest program that may run is recorded.

-- CreateEnum
CREATE TYPE "Priority" AS ENUM ('MUST', 'SHOULD', 'COULD', 'WONT');

-- CreateEnum
CREATE TYPE "Effort" AS ENUM ('XS', 'S', 'M', 'L', 'XL');

-- CreateEnum
CREATE TYPE "SubtaskStatus" AS ENUM ('TODO', 'IN_PROGRESS', 'DONE');

-- CreateEnum
CREATE TYPE "SubtaskOrigin" AS ENUM ('GENERATED', 'MANUAL');

-- CreateEnum
CREATE TYPE "RunType" AS ENUM ('GENERATE_STORIES', 'GENERATE_SUBTASKS');

-- CreateEnum
CREATE TYPE "RunStatus" AS ENUM ('QUEUED', 'RUNNING', 'SUCCEEDED', 'PARTIAL', 'FAILED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "RunPhase" AS ENUM ('INITIALIZING', 'GENERATING_STORIES', 'GENERATING_SUBTASKS', 'FINALIZING', 'COMPLETED', 'FAILED');

-- CreateEnum
CREATE TYPE "RunItemStatus" AS ENUM ('PENDING', 'GENERATING', 'SAVING', 'COMPLETED', 'FAILED', 'SKIPPED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "GenerationMode" AS ENUM ('COMPACT', 'STANDARD', 'DETAILED');

-- CreateEnum
CREATE TYPE "ExistingBehavior" AS ENUM ('SKIP', 'REPLACE', 'APPEND');

-- CreateEnum
CREATE TYPE "Pacing" AS ENUM ('SAFE', 'NORMAL', 'FAST', 'ADAPTIVE');

-- CreateEnum
CREATE TYPE "RunEventKind" AS ENUM ('RUN_UPDATED', 'ITEM_UPDATED', 'LOGGED');

-- CreateEnum
CREATE TYPE "LogLevel" AS ENUM ('INFO', 'WARN', 'ERROR');

-- CreateTable
CREATE TABLE "Project" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "context" TEXT,
    "lastEpicNumber" INTEGER NOT NULL DEFAULT 0,
    "lastStoryNumber" INTEGER NOT NULL DEFAULT 0,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Project_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Epic" (
    "id" UUID NOT NULL,
    "projectId" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT,
    "position" INTEGER NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Epic_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Story" (
    "id" UUID NOT NULL,
    "projectId" UUID NOT NULL,
    "epicId" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "persona" TEXT,
    "narrative" TEXT,
    "description" TEXT,
    "acceptanceCriteria" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "priority" "Priority",
    "effort" "Effort",
    "position" INTEGER NOT NULL,
    "lastSubtaskNumber" INTEGER NOT NULL DEFAULT 0,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Story_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Subtask" (
    "id" UUID NOT NULL,
    "projectId" UUID NOT NULL,
    "storyId" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "effort" "Effort" NOT NULL,
    "acceptanceCriteria" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "coversCriteria" INTEGER[] DEFAULT ARRAY[]::INTEGER[],
    "status" "SubtaskStatus" NOT NULL DEFAULT 'TODO',
    "origin" "SubtaskOrigin" NOT NULL,
    "position" INTEGER NOT NULL,
    "runId" UUID,
    "editedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Subtask_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "SubtaskDependency" (
    "projectId" UUID NOT NULL,
    "storyId" UUID NOT NULL,
    "subtaskId" UUID NOT NULL,
    "dependsOnId" UUID NOT NULL,

    CONSTRAINT "SubtaskDependency_pkey" PRIMARY KEY ("subtaskId","dependsOnId")
);

-- CreateTable
CREATE TABLE "Run" (
    "id" UUID NOT NULL,
    "projectId" UUID NOT NULL,
    "epicId" UUID,
    "retryOfId" UUID,
    "type" "RunType" NOT NULL,
    "status" "RunStatus" NOT NULL DEFAULT 'QUEUED',
    "phase" "RunPhase" NOT NULL DEFAULT 'INITIALIZING',
    "phaseDetail" TEXT,
    "mode" "GenerationMode" NOT NULL,
    "existingBehavior" "ExistingBehavior" NOT NULL,
    "pacing" "Pacing" NOT NULL,
    "totalItems" INTEGER NOT NULL,
    "completedItems" INTEGER NOT NULL DEFAULT 0,
    "failedItems" INTEGER NOT NULL DEFAULT 0,
    "skippedItems" INTEGER NOT NULL DEFAULT 0,
    "cancelledItems" INTEGER NOT NULL DEFAULT 0,
    "createdCount" INTEGER NOT NULL DEFAULT 0,
    "currentItemId" UUID,
    "inputTokens" INTEGER NOT NULL DEFAULT 0,
    "outputTokens" INTEGER NOT NULL DEFAULT 0,
    "cacheReadTokens" INTEGER NOT NULL DEFAULT 0,
    "cacheWriteTokens" INTEGER NOT NULL DEFAULT 0,
    "costUsd" DOUBLE PRECISION DEFAULT 0,
    "completedDurationMs" INTEGER NOT NULL DEFAULT 0,
    "inFlightLimit" INTEGER NOT NULL DEFAULT 1,
    "error" TEXT,
    "idempotencyKey" TEXT,
    "request" JSONB NOT NULL,
    "lease" INTEGER NOT NULL DEFAULT 0,
    "seq" INTEGER NOT NULL DEFAULT 0,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMPTZ(3),
    "heartbeatAt" TIMESTAMPTZ(3),
    "completedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "RunItem" (
    "id" UUID NOT NULL,
    "projectId" UUID NOT NULL,
    "runId" UUID NOT NULL,
    "storyId" UUID,
    "epicId" UUID,
    "code" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "status" "RunItemStatus" NOT NULL DEFAULT 'PENDING',
    "position" INTEGER NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "createdCount" INTEGER NOT NULL DEFAULT 0,
    "deletedCount" INTEGER NOT NULL DEFAULT 0,
    "inputTokens" INTEGER NOT NULL DEFAULT 0,
    "outputTokens" INTEGER NOT NULL DEFAULT 0,
    "cacheReadTokens" INTEGER NOT NULL DEFAULT 0,
    "cacheWriteTokens" INTEGER NOT NULL DEFAULT 0,
    "costUsd" DOUBLE PRECISION DEFAULT 0,
    "durationMs" INTEGER,
    "error" TEXT,
    "startedAt" TIMESTAMPTZ(3),
    "completedAt" TIMESTAMPTZ(3),

    CONSTRAINT "RunItem_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "RunEvent" (
    "projectId" UUID NOT NULL,
    "runId" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "kind" "RunEventKind" NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "itemId" UUID,
    "level" "LogLevel",
    "message" TEXT,
    "data" JSONB NOT NULL,

    CONSTRAINT "RunEvent_pkey" PRIMARY KEY ("runId","seq")
);

-- CreateTable
CREATE TABLE "Compatibility" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "oldestProgram" TEXT NOT NULL,

    CONSTRAINT "Compatibility_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Epic_projectId_position_id_idx" ON "Epic"("projectId", "position", "id");

-- CreateIndex
CREATE UNIQUE INDEX "Epic_projectId_id_key" ON "Epic"("projectId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "Epic_projectId_number_key" ON "Epic"("projectId", "number");

-- CreateIndex
CREATE INDEX "Story_epicId_position_id_idx" ON "Story"("epicId", "position", "id");

-- CreateIndex
CREATE UNIQUE INDEX "Story_projectId_id_key" ON "Story"("projectId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "Story_projectId_number_key" ON "Story"("projectId", "number");

-- CreateIndex
CREATE INDEX "Subtask_storyId_position_id_idx" ON "Subtask"("storyId", "position", "id");

-- CreateIndex
CREATE INDEX "Subtask_projectId_runId_idx" ON "Subtask"("projectId", "runId");

-- CreateIndex
CREATE UNIQUE INDEX "Subtask_projectId_storyId_id_key" ON "Subtask"("projectId", "storyId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "Subtask_storyId_number_key" ON "Subtask"("storyId", "number");

-- CreateIndex
CREATE INDEX "SubtaskDependency_dependsOnId_idx" ON "SubtaskDependency"("dependsOnId");

-- CreateIndex
CREATE INDEX "Run_projectId_createdAt_id_idx" ON "Run"("projectId", "createdAt", "id");

-- CreateIndex
CREATE INDEX "Run_projectId_epicId_idx" ON "Run"("projectId", "epicId");

-- CreateIndex
CREATE INDEX "Run_projectId_retryOfId_idx" ON "Run"("projectId", "retryOfId");

-- CreateIndex
CREATE INDEX "Run_currentItemId_idx" ON "Run"("currentItemId");

-- CreateIndex
CREATE UNIQUE INDEX "Run_projectId_id_key" ON "Run"("projectId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "Run_projectId_idempotencyKey_key" ON "Run"("projectId", "idempotencyKey");

-- CreateIndex
CREATE UNIQUE INDEX "Run_active" ON "Run"("projectId", "type") WHERE (status = ANY (ARRAY['QUEUED'::"RunStatus", 'RUNNING'::"RunStatus"]));

-- CreateIndex
CREATE INDEX "RunItem_projectId_runId_idx" ON "RunItem"("projectId", "runId");

-- CreateIndex
CREATE INDEX "RunItem_projectId_storyId_idx" ON "RunItem"("projectId", "storyId");

-- CreateIndex
CREATE INDEX "RunItem_projectId_epicId_idx" ON "RunItem"("projectId", "epicId");

-- CreateIndex
CREATE UNIQUE INDEX "RunItem_runId_position_key" ON "RunItem"("runId", "position");

-- CreateIndex
CREATE INDEX "RunEvent_projectId_runId_idx" ON "RunEvent"("projectId", "runId");

-- AddForeignKey
ALTER TABLE "Epic" ADD CONSTRAINT "Epic_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "Project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Story" ADD CONSTRAINT "Story_projectId_epicId_fkey" FOREIGN KEY ("projectId", "epicId") REFERENCES "Epic"("projectId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Subtask" ADD CONSTRAINT "Subtask_projectId_storyId_fkey" FOREIGN KEY ("projectId", "storyId") REFERENCES "Story"("projectId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Subtask" ADD CONSTRAINT "Subtask_projectId_runId_fkey" FOREIGN KEY ("projectId", "runId") REFERENCES "Run"("projectId", "id") ON DELETE SET NULL ("runId") ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "SubtaskDependency" ADD CONSTRAINT "SubtaskDependency_projectId_storyId_subtaskId_fkey" FOREIGN KEY ("projectId", "storyId", "subtaskId") REFERENCES "Subtask"("projectId", "storyId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "SubtaskDependency" ADD CONSTRAINT "SubtaskDependency_projectId_storyId_dependsOnId_fkey" FOREIGN KEY ("projectId", "storyId", "dependsOnId") REFERENCES "Subtask"("projectId", "storyId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Run" ADD CONSTRAINT "Run_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "Project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Run" ADD CONSTRAINT "Run_projectId_epicId_fkey" FOREIGN KEY ("projectId", "epicId") REFERENCES "Epic"("projectId", "id") ON DELETE SET NULL ("epicId") ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Run" ADD CONSTRAINT "Run_projectId_retryOfId_fkey" FOREIGN KEY ("projectId", "retryOfId") REFERENCES "Run"("projectId", "id") ON DELETE SET NULL ("retryOfId") ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Run" ADD CONSTRAINT "Run_currentItemId_fkey" FOREIGN KEY ("currentItemId") REFERENCES "RunItem"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "RunItem" ADD CONSTRAINT "RunItem_projectId_runId_fkey" FOREIGN KEY ("projectId", "runId") REFERENCES "Run"("projectId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "RunItem" ADD CONSTRAINT "RunItem_projectId_storyId_fkey" FOREIGN KEY ("projectId", "storyId") REFERENCES "Story"("projectId", "id") ON DELETE SET NULL ("storyId") ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "RunItem" ADD CONSTRAINT "RunItem_projectId_epicId_fkey" FOREIGN KEY ("projectId", "epicId") REFERENCES "Epic"("projectId", "id") ON DELETE SET NULL ("epicId") ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "RunEvent" ADD CONSTRAINT "RunEvent_projectId_runId_fkey" FOREIGN KEY ("projectId", "runId") REFERENCES "Run"("projectId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Counters and positions
ALTER TABLE "Epic" ADD CONSTRAINT "Epic_position_check" CHECK ("position" >= 0);
ALTER TABLE "Story" ADD CONSTRAINT "Story_position_check" CHECK ("position" >= 0);
ALTER TABLE "Subtask" ADD CONSTRAINT "Subtask_position_check" CHECK ("position" >= 0);
ALTER TABLE "SubtaskDependency" ADD CONSTRAINT "SubtaskDependency_self_check" CHECK ("subtaskId" <> "dependsOnId");
ALTER TABLE "Run" ADD CONSTRAINT "Run_counters_check" CHECK (
  "completedItems" >= 0 AND "failedItems" >= 0 AND "skippedItems" >= 0 AND "cancelledItems" >= 0 AND "createdCount" >= 0
  AND "completedItems" + "failedItems" + "skippedItems" + "cancelledItems" <= "totalItems"
);
ALTER TABLE "Run" ADD CONSTRAINT "Run_ended_check" CHECK (("status" IN ('QUEUED', 'RUNNING')) = ("completedAt" IS NULL));
ALTER TABLE "RunItem" ADD CONSTRAINT "RunItem_counters_check" CHECK ("attempts" >= 0 AND "createdCount" >= 0 AND "deletedCount" >= 0);
ALTER TABLE "RunEvent" ADD CONSTRAINT "RunEvent_seq_check" CHECK ("seq" >= 1);

-- Lists are empty, never absent
ALTER TABLE "Story" ADD CONSTRAINT "Story_lists_check" CHECK ("acceptanceCriteria" IS NOT NULL);
ALTER TABLE "Subtask" ADD CONSTRAINT "Subtask_lists_check" CHECK ("acceptanceCriteria" IS NOT NULL AND "coversCriteria" IS NOT NULL);

-- Which programs may run on it
ALTER TABLE "Compatibility" ADD CONSTRAINT "Compatibility_one_row_check" CHECK ("id" = 1);
INSERT INTO "Compatibility" ("id", "oldestProgram") VALUES (1, '0.1.0');
