package lyceum.backend.x86.fuse;

import lyceum.backend.x86.asm.Instruction;

/**
 * One step on virtual registers: mostly one instruction, sometimes a few.
 *
 * @param code the instruction, where the kind leaves the choice
 * @param immediate -1 for none
 * @param operand number of the memory operand of loads and stores; how the last source may stand in memory for the others
 * @param shift elements beyond the loop's index, for loads and stores
 */
record Step(Kind kind, Instruction code, int immediate, Value to, Value a, Value b, Value c, int operand, int shift) {

    enum Kind {
        /** {@code to = code(a, b)} or {@code code(a)}; the last source may stand in memory. */
        PLAIN,
        /** The same, all in registers. */
        REGISTERS,
        /** {@code to = code(a, b)}, a read as a vector of {@code operand} bits. */
        LOWER,
        /** {@code to = a; to = code(to, b, c)}. */
        CHANGE,
        /** The same under the mask of the elements that exist; {@code to} is an accumulator and not copied. */
        ACCUMULATE,
        /** {@code to = a b + c}, or {@code c - a b} with immediate 1. */
        FMA,
        /** {@code to = a ? b : c} for a mask a. */
        SELECT,
        /** {@code to = a}. */
        MOVE,
        /** {@code to = a ? b : to}; {@code to} was moved before. */
        MERGE,
        /** Goes to the step {@link #JOIN} that is next at this depth unless a lane of mask a is set. */
        SKIP, JOIN,
        /** {@code to} = the elements of an operand, through {@code code}; zeros beyond the end. */
        LOAD,
        /** {@code to} = one element of an operand for all lanes, through {@code code}. */
        LOAD_ONE,
        /** {@code to} = elements that lie apart; a is the vector of their distances. */
        GATHER,
        /** {@code to} = the entries of table b that the indices a name; they are within it. */
        LOOKUP,
        /** Stores a, through {@code code}. */
        STORE,
        /** Asks for the line of an output that a later loop writes. */
        FETCH,
        /** Stores the first element of a. */
        STORE_ONE,
        /** Stores elements that lie apart; b is the vector of their distances. */
        SCATTER,
        /** {@code to} = the number of the first element of the round, in 64-bit lanes. */
        INDEX,
        /** {@code to} = mask a without the lanes beyond the end. */
        EXISTING
    }

    /** For PLAIN, CHANGE, ACCUMULATE and FMA: the last source may be a full vector in memory, or one element of it broadcast. */
    static final int FULL = 0, BROADCAST = 1;
}
