-- CreateIndex
CREATE INDEX "Run_completedAt_id_idx" ON "Run"("completedAt", "id");
