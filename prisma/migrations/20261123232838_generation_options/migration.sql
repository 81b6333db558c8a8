-- What a run may be told (model, instructions, budget, personas), and which stories a run made.
-- Only additions: a program that does not know them goes on working beside one that does.

-- CreateEnum
CREATE TYPE "PersonaSet" AS ENUM ('LIGHTWEIGHT', 'CORE', 'FULL');

-- AlterTable
ALTER TABLE "Run" ADD COLUMN     "instructions" TEXT,
ADD COLUMN     "maxCostUsd" DOUBLE PRECISION,
ADD COLUMN     "model" TEXT,
ADD COLUMN     "personaSet" "PersonaSet";

-- AlterTable
ALTER TABLE "Story" ADD COLUMN     "editedAt" TIMESTAMPTZ(3),
ADD COLUMN     "origin" "SubtaskOrigin" NOT NULL DEFAULT 'MANUAL',
ADD COLUMN     "runId" UUID;

-- CreateIndex
CREATE INDEX "Story_projectId_runId_idx" ON "Story"("projectId", "runId");

-- AddForeignKey
ALTER TABLE "Story" ADD CONSTRAINT "Story_projectId_runId_fkey" FOREIGN KEY ("projectId", "runId") REFERENCES "Run"("projectId", "id") ON DELETE SET NULL ("runId") ON UPDATE CASCADE;
