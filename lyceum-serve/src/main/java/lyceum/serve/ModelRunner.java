package lyceum.serve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
    private final DecoderLM model;
    private final AdapterRegistry adapters;
    final PagedKvCache cache;
    private final TransformerDecoder.State state;

    ModelRunner(DecoderLM model, AdapterRegistry adapters, KvAllocator memory, DType stored) {
        this.model = model;
        this.adapters = adapters;
        cache = new PagedKvCache(model.config().blocks().stream().map(TransformerConfig::attention).toList(), memory, stored);
        state = model.decoder().start(cache::layer, null, null, Pass.inference());
    }

    /**
     * Logits (rows, vocabulary) behind the last ids of each slice that samples, guesses among them, slice by slice.
     *
     * @param tunings of the slices, or null where all are the base's
     */
    float[] logits(StepBatch batch, List<String> tunings) {
        int n = 0;
        var ids = new int[batch.tokens()];
        var pieces = new ArrayList<PagedKvCache.Piece>();
        var rows = new ArrayList<String>();
        var wanted = new ArrayList<Integer>();
        for (int s = 0; s < batch.slices().size(); s++) {
            var slice = batch.slices().get(s);
            pieces.add(new PagedKvCache.Piece(slice.job().table(), slice.start(), slice.count()));
            for (int i = 0; i < slice.count(); i++) {
                if (tunings != null) rows.add(tunings.get(s));
                if (slice.samples() && i >= slice.count() - 1 - slice.drafted()) wanted.add(n);
                ids[n++] = slice.job().id(slice.start() + i);
            }
        }
        return logits(ids, pieces, wanted.stream().mapToInt(i -> i).toArray(), tunings == null ? null : rows);
    }

    /**
     * Logits behind some places of ids that lie in pieces.
     *
     * @param tunings of each id, or null
     */
    float[] logits(int[] ids, List<PagedKvCache.Piece> pieces, int[] wanted, List<String> tunings) {
        try (var scope = Scope.open("serving step")) {
            return Autograd.noGrad(() -> {
                cache.at(pieces);
                Tensor hidden = mixed(tunings, () -> hidden(ids));
                if (wanted.length == 0) {
                    hidden.compute();
                    return new float[0];
                }
                boolean all = wanted.length == ids.length;
                var last = all ? hidden : hidden.rows(wanted);
                var theirs = all || tunings == null ? tunings : Arrays.stream(wanted).mapToObj(tunings::get).toList();
                Tensor logits = mixed(theirs, () -> model.unembedded(last, Pass.inference()));
                return logits.to(DType.F32).toFloatArray();
            });
        }
    }

    private Tensor mixed(List<String> tunings, Supplier<Tensor> pass) {
        return adapters == null || tunings == null ? pass.get() : adapters.mixing(tunings, pass);
    }

    private Tensor hidden(int[] ids) { return model.hidden(Tensor.of(ids, ids.length, 1), state, Pass.inference()).squeeze(1); }
}
