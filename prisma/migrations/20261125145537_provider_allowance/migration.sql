-- What workers on one key of a provider share. Only an addition: programs that do not know it go on working.

-- CreateTable. Unlogged: it changes many times a second, and losing it costs the provider's next answer.
CREATE UNLOGGED TABLE "ProviderAllowance" (
    "key" TEXT NOT NULL,
    "state" JSONB NOT NULL,
    "version" BIGINT NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ProviderAllowance_pkey" PRIMARY KEY ("key")
);
