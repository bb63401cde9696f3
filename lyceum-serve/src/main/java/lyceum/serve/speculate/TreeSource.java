package lyceum.serve.speculate;

import lyceum.llm.DecoderLM;
import lyceum.tensor.Tensor;

/** Where trees of guesses for a {@link TreeDecoder} come from: {@link MedusaHeads}, {@link EagleDraft}, the model's own window ({@link LookaheadSource}). */
public interface TreeSource {
    /** Guesses for one text. For one thread. */
    interface Session {
        /**
         * The tree to be read next. Node 0 is the text's last id, which the target has not read; all others follow it.
         *
         * @param levels depth at most, the last id's being 0
         */
        TokenTree propose(int last, int levels);

        /**
         * What came of it: the target read the text, or then the tree, and these nodes joined the text.
         *
         * @param read ids that joined the text, in order
         * @param hidden of each (n, width), what the target's head reads
         * @param next the id that was chosen behind them
         * @param tree that was proposed, null for the prompt
         * @param output of the target for its nodes, null for the prompt
         */
        void advance(int[] read, Tensor hidden, int next, TokenTree tree, TreeDecoding.Output output);
    }

    /** @throws IllegalArgumentException if they do not fit the target */
    Session start(DecoderLM target);
}
