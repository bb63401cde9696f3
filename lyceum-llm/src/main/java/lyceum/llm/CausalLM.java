package lyceum.llm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import lyceum.DType;
import lyceum.nn.Pass;
import lyceum.nn.SequenceLayout;
import lyceum.nn.loss.CausalLabels;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.tensor.Tensor;
import lyceum.text.lm.CausalLanguageModel;
import lyceum.text.lm.LanguageModel;

/**
 * A network that gives logits for the token after each position, from that position and those before it alone: transformers, recurrent and state-space models.
 * Whole sequences go through {@link #logits}, with gradients; texts that are written on go through a {@link Decoding}, which computes new positions only.
 *
 * {@snippet :
 * Tensor z = model.logits(Tensor.of(new int[] {5, 2, 7, 1}, 1, 4), Pass.inference());   // (1, 4, vocabulary)
 * var decoding = model.begin();
 * Tensor next = decoding.next(new int[] {5, 2, 7}, new int[] {4});                      // two prompts: (2, vocabulary)
 * }
 */
public interface CausalLM extends LanguageModel {

    /** What was read so far of one or more rows, for going on. It changes with every step; for one thread. No gradients. */
    interface Decoding {
        /** Reads ids (rows, T) and gives the logits (rows, T, vocabulary) after each. */
        Tensor all(Tensor ids);

        /** Reads ids (rows, T) and gives the logits (rows, vocabulary) after the last: of that position alone the vocabulary is computed. */
        Tensor next(Tensor ids);

        /** Reads ids (rows, T) and gives the logits (rows, vocabulary) after one place of each row. @param places from 0 to T - 1 */
        default Tensor at(Tensor ids, int... places) {
            var all = all(ids);
            var rows = new Tensor[places.length];
            for (int r = 0; r < rows.length; r++) rows[r] = all.get(r, places[r]);
            return Tensor.stack(0, rows);
        }

        /** Positions so far, of the longest row. */
        long length();

        /** Forgets the positions from there on: one length for all rows, or one each. */
        void truncate(long... lengths);

        /** Goes on alone from those rows, all of them if none is named; this one stays as it is. */
        Decoding fork(int... rows);

        /** Bytes of what is known of the positions so far. */
        long bytes();

        /**
         * Reads prompts of any lengths, none of them empty, and gives the logits (rows, vocabulary) after each one's last id. Shorter ones are padded behind; nothing
         * looks at the padding, and it is forgotten.
         */
        default Tensor next(int[]... prompts) {
            if (Arrays.stream(prompts).anyMatch(p -> p.length == 0))
                throw new IllegalArgumentException("Decoding.next: an empty prompt; give it the start mark at least");
            int rows = prompts.length, most = Arrays.stream(prompts).mapToInt(p -> p.length).max().orElseThrow();
            boolean even = Arrays.stream(prompts).allMatch(p -> p.length == most);
            var ids = new int[rows * most];
            for (int r = 0; r < rows; r++) System.arraycopy(prompts[r], 0, ids, r * most, prompts[r].length);
            if (even) return next(Tensor.of(ids, rows, most));
            long before = length();
            var logits = at(Tensor.of(ids, rows, most), Arrays.stream(prompts).mapToInt(p -> p.length - 1).toArray());
            truncate(Arrays.stream(prompts).mapToLong(p -> before + p.length).toArray());
            return logits;
        }
    }

    /** Positions at most, the start mark included; {@link Long#MAX_VALUE} where nothing bounds them. */
    long contextLength();

    /** Ids (batch, T) to logits (batch, T, vocabulary); place t is about the id at t + 1. With gradients where the pass learns. */
    Tensor logits(Tensor ids, Pass pass);

    /**
     * The same of a batch whose sequences lie so; what is given at padding means nothing. A model that knows no layouts reads each sequence in a row of its own.
     *
     * @throws UnsupportedOperationException for a prefix, if the model reads in one direction only
     */
    default Tensor logits(Tensor ids, SequenceLayout layout, Pass pass) { return SpanRows.logits(this, ids, layout, pass); }

    /** Mean of {@code -log p} of each id but the first of a row, given those before it; while learning, with what layers {@linkplain Pass#penalty ask for}. */
    default Tensor loss(Tensor ids, Pass pass) { return priced(pass, own -> new CausalLmLoss().of(logits(ids, own), ids)); }

    /** The same of the ids of each sequence; padding does not count, no sequence is predicted from another, and what a prefix shows is not predicted. */
    default Tensor loss(Tensor ids, SequenceLayout layout, Pass pass) {
        var labels = CausalLabels.of(ids).withPadding(layout.real()).withDocuments(layout.documents());
        if (layout.hasPrefix()) labels = labels.withWeights(layout.behindPrefix().to(DType.F32));
        var counted = labels;
        return priced(pass, own -> new CausalLmLoss().tokens(logits(ids, layout, own), counted).mean());
    }

    /** A loss and the penalties of its pass, which nobody else collects then. */
    private static Tensor priced(Pass pass, Function<Pass, Tensor> loss) {
        if (!pass.isTraining()) return loss.apply(pass);
        var penalties = new ArrayList<Tensor>();
        var sum = loss.apply(pass.collecting(penalties::add));
        for (var penalty : penalties) sum = sum.add(penalty.to(sum.dtype()));
        return sum;
    }

    /** Nothing read, not even the start mark. As many rows as the first ids have. */
    Decoding begin();

    @Override default State start() { return DecodingState.of(this); }

    @Override default double[] logProbabilities(int... ids) { return passes().logProbabilities(ids); }

    @Override default double[] scores(List<int[]> texts) { return passes().scores(texts); }

    private CausalLanguageModel passes() {
        return new CausalLanguageModel(ids -> logits(ids, Pass.inference()), vocabulary(), startMark(), endMark());
    }
}
