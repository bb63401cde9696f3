package lyceum.serve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerDecoder;
import lyceum.serve.schedule.KvAllocator;
import lyceum.serve.schedule.StepBatch;
import lyceum.tensor.Tensor;
import lyceum.train.peft.AdapterRegistry;

/** The model of an engine with its memory: computes the pieces of a step as one batch, a position a row. */
final class ModelRunner {
    /** Places whose logits somebody looks at are unembedded so many at once: those of a long prompt would fill the memory. */
    private static final int LOOKED = 32;

    /** Who looks at the logits of prompts. */
    interface Looker {
        /** Behind how many of the slice's first ids. */
        int wanted(StepBatch.Slice slice);

        /** Logits behind the slice's i-th id, from {@code logits[at]} on; they are gone after the call. */
        void see(StepBatch.Slice slice, int i, float[] logits, int at);
    }

    private final DecoderLM model;
    private final AdapterRegistry adapters;
    final PagedKvCache cache;
    private final TransformerDecoder.State state;
    private final List<PagedKvCache.Piece> pieces = new ArrayList<>();
    private float[] drawn = {}, looked = {}; // kept from step to step

    ModelRunner(DecoderLM model, AdapterRegistry adapters, KvAllocator memory, DType stored) {
        for (var block : model.config().blocks())
            if (block.mixer() != null) throw new IllegalArgumentException(
                    "Engine: a layer with " + block.mixer().getClass().getSimpleName() + " has no pages; decode it with model.begin()");
        this.model = model;
        this.adapters = adapters;
        cache = new PagedKvCache(model.config().blocks().stream().map(TransformerConfig::attention).toList(), memory, stored);
        state = model.decoder().start(cache::layer, null, null, Pass.inference());
    }

    /**
     * Logits (rows, vocabulary) behind the last ids of each slice that samples, guesses among them, slice by slice. The array is written again by the next step and may be
     * longer than they are.
     *
     * @param tunings of the slices, or null where all are the base's
     */
    float[] logits(StepBatch batch, List<String> tunings, Looker looker) {
        int n = 0, w = 0;
        boolean looks = false;
        var ids = new int[batch.tokens()];
        var wanted = new int[batch.tokens()];
        var rows = tunings == null ? null : new ArrayList<String>();
        pieces.clear();
        for (int s = 0; s < batch.slices().size(); s++) {
            var slice = batch.slices().get(s);
            pieces.add(new PagedKvCache.Piece(slice.job().table(), slice.start(), slice.count()));
            looks |= looker.wanted(slice) > 0;
            for (int i = 0; i < slice.count(); i++) {
                if (tunings != null) rows.add(tunings.get(s));
                if (slice.samples() && i >= slice.count() - 1 - slice.drafted()) wanted[w++] = n;
                ids[n++] = slice.job().id(slice.start() + i);
            }
        }
        return logits(ids, pieces, w == n ? wanted : Arrays.copyOf(wanted, w), rows,
                looks ? hidden -> look(batch, hidden, rows, looker) : null);
    }

    private void look(StepBatch batch, Tensor hidden, List<String> tunings, Looker looker) {
        int first = 0;
        for (var slice : batch.slices()) {
            int count = looker.wanted(slice);
            for (int from = 0; from < count; from += LOOKED) {
                int n = Math.min(LOOKED, count - from), at = first + from;
                try (var scope = Scope.open("logits of a prompt")) {
                    looked = unembedded(hidden.narrow(0, at, n), tunings == null ? null : tunings.subList(at, at + n), looked);
                }
                for (int i = 0; i < n; i++) looker.see(slice, from + i, looked, i * model.vocabulary());
            }
            first += slice.count();
        }
    }

    /**
     * Logits behind some places of ids that lie in pieces, in an array that the next step writes again.
     *
     * @param tunings of each id, or null
     */
    float[] logits(int[] ids, List<PagedKvCache.Piece> pieces, int[] wanted, List<String> tunings) {
        return logits(ids, pieces, wanted, tunings, null);
    }

    private float[] logits(int[] ids, List<PagedKvCache.Piece> pieces, int[] wanted, List<String> tunings, Consumer<Tensor> looks) {
        try (var scope = Scope.open("serving step")) {
            return Autograd.noGrad(() -> {
                cache.at(pieces);
                Tensor hidden = mixed(tunings, () -> hidden(ids));
                if (wanted.length == 0 || looks != null) hidden.compute();
                if (looks != null) looks.accept(hidden);
                if (wanted.length == 0) return drawn;
                boolean all = wanted.length == ids.length;
                var theirs = all || tunings == null ? tunings : theirs(tunings, wanted);
                return drawn = unembedded(all ? hidden : hidden.rows(wanted), theirs, drawn);
            });
        }
    }

    private static List<String> theirs(List<String> tunings, int[] rows) {
        var theirs = new ArrayList<String>(rows.length);
        for (int row : rows) theirs.add(tunings.get(row));
        return theirs;
    }

    private float[] unembedded(Tensor hidden, List<String> tunings, float[] into) {
        var logits = mixed(tunings, () -> model.unembedded(hidden, Pass.inference()));
        if (into.length < logits.count()) into = new float[Math.toIntExact(logits.count())];
        logits.toFloatArray(into);
        return into;
    }

    private Tensor mixed(List<String> tunings, Supplier<Tensor> pass) {
        return adapters == null || tunings == null ? pass.get() : adapters.mixing(tunings, pass);
    }

    private Tensor hidden(int[] ids) { return model.hidden(Tensor.of(ids, ids.length, 1), state, Pass.inference()).squeeze(1); }
}
