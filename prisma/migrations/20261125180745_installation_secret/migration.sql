-- What makes nonces of prompts that nobody can guess. Only an addition: programs that do not know it go on working.

-- CreateTable
CREATE TABLE "Installation" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "secret" UUID NOT NULL DEFAULT gen_random_uuid(),

    CONSTRAINT "Installation_pkey" PRIMARY KEY ("id")
);

-- One installation, one row
ALTER TABLE "Installation" ADD CONSTRAINT "Installation_one_row_check" CHECK ("id" = 1);
INSERT INTO "Installation" ("id") VALUES (1);
