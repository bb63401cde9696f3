package lyceum.backend.x86.fuse;

/** A virtual register: written by one {@link Step} (an accumulator by several), read by later ones. {@link Allocation} gives it a place. */
final class Value implements Comparable<Value> {
    /** How long it lives. */
    enum Span {
        /** Within the list of steps that writes it. */
        LOCAL,
        /** Through the whole kernel: read by other lists than the one that writes it. */
        GLOBAL,
        /** As GLOBAL, and written in every round of a loop: it wants a register first of all. */
        ACCUMULATOR,
        /** Never written: a number that stands behind the code. */
        NUMBER,
        /** Never written: a number in the argument block. */
        ARGUMENT
    }

    Span span;
    /** 32 or 64; of a mask in a vector, what it was compared in. */
    final int laneBits;
    /** Of the vector; 0 for a mask register. */
    final int bits;
    final boolean isMask;
    /** Bits of a NUMBER; the place of an ARGUMENT in the block. */
    final long data;

    /** The list that writes it. */
    LaneCode writer;
    /** Reads, those in loops counted more. */
    int weight;
    /** Steps of its list between which a LOCAL lives. */
    int first = -1, last = -1;
    /** The physical register, or -1. */
    int register = -1;
    /** Offset in the stack frame, or -1. */
    int slot = -1;

    Value(Span span, int laneBits, int bits, boolean isMask, long data) {
        this.span = span;
        this.laneBits = laneBits;
        this.bits = bits;
        this.isMask = isMask;
        this.data = data;
    }

    /** What is read most comes first. */
    @Override public int compareTo(Value other) { return Integer.compare(other.weight, weight); }

    boolean isInMaskRegister() { return bits == 0; }

    boolean isConstant() { return span == Span.NUMBER || span == Span.ARGUMENT; }
}
