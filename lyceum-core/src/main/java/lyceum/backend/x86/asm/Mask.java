package lyceum.backend.x86.asm;

/** The mask registers k0 to k7; k0 cannot select lanes. */
public enum Mask implements Operand.Register {
    K0, K1, K2, K3, K4, K5, K6, K7;

    @Override public int number() { return ordinal(); }

    @Override public String toString() { return "k" + ordinal(); }
}
