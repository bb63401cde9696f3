package lyceum.backend.x86.asm;

/** The tile registers of AMX: up to 16 rows of 64 bytes. */
public enum Tile implements Operand.Register {
    TMM0, TMM1, TMM2, TMM3, TMM4, TMM5, TMM6, TMM7;

    @Override public int number() { return ordinal(); }

    @Override public String toString() { return "tmm" + ordinal(); }
}
