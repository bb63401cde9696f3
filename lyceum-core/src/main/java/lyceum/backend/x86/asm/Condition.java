package lyceum.backend.x86.asm;

import java.util.Locale;

/** When a conditional jump is taken, after a comparison {@code cmp a, b}: B, AE, BE, A compare without sign, L, GE, LE, G with it. */
public enum Condition {
    B(2), AE(3), E(4), NE(5), BE(6), A(7), S(8), NS(9), L(12), GE(13), LE(14), G(15);

    final int code;

    Condition(int code) { this.code = code; }

    @Override public String toString() { return name().toLowerCase(Locale.ROOT); }
}
