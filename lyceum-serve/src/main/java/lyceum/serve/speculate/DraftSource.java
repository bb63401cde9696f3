package lyceum.serve.speculate;

import java.util.List;
import lyceum.llm.generate.SamplingOptions;
import lyceum.random.Rng;

/** Where guesses for a {@link SpeculativeDecoder} come from: a smaller model ({@link ModelDraft}), the text itself ({@link NGramDraft}), anything. */
public interface DraftSource {
    /**
     * What it guesses.
     *
     * @param ids one after the other; there may be fewer than were asked for, or none
     * @param probabilities of each place the distribution (vocabulary) from which its id was drawn, exactly; null if the ids were not drawn but chosen, which is as
     *        lossless
     */
    record Draft(int[] ids, double[][] probabilities) {
        /** Chosen without a draw. */
        public static Draft certain(int... ids) { return new Draft(ids, null); }
    }

    /** Guesses for texts that are written together. For one thread. */
    interface Session {
        /** The next ids of each text, {@code most} at most. */
        List<Draft> propose(int most);

        /** The text in a row went on with those ids, whatever was guessed. */
        void advance(int row, int... ids);

        /** Those rows go on, in that order; the others are finished. */
        void keep(int... rows);
    }

    /**
     * Before the first guess.
     *
     * @param prompts at least an id each
     * @param sampling how each text is drawn: guesses drawn alike are taken more often
     * @param streams random numbers of each text's guesses
     */
    Session start(List<int[]> prompts, List<SamplingOptions> sampling, List<Rng> streams);
}
