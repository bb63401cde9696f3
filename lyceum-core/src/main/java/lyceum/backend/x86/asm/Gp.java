package lyceum.backend.x86.asm;

import java.util.Locale;

/** General-purpose registers. Instructions use all 64 bits unless they are named otherwise. */
public enum Gp implements Operand.Register {
    RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15;

    @Override public int number() { return ordinal(); }

    @Override public String toString() { return name().toLowerCase(Locale.ROOT); }

    /** The name of the lower 32 bits. */
    String name32() {
        var name = toString();
        return ordinal() < 8 ? "e" + name.substring(1) : name + "d";
    }
}
