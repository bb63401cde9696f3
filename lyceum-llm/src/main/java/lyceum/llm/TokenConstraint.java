package lyceum.llm;

/**
 * Which ids may come next, by a rule about the whole text: a grammar, a schema, a list of answers. The constrained decoding of lyceum-serve implements it; generation
 * and beam search ask it before each token. Safe to share; a {@link State} belongs to one text.
 */
@FunctionalInterface
public interface TokenConstraint {
    /** Before the first generated id. */
    State start();

    /** Where one text stands. */
    interface State {
        /**
         * Sets the bit of every id that may come next, {@code allowed[id >> 6]} bit {@code id & 63}; all are 0 before. An end mark is one of the ids: it may come where the
         * text may end.
         *
         * @return false if all ids may come; the bits mean nothing then
         */
        boolean allowed(long[] allowed);

        /** One more id, an allowed one. */
        void accept(int id);

        /** A state that goes on alone from here. */
        State fork();
    }
}
