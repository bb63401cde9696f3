package lyceum.serve;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.Hooks;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;
import lyceum.train.peft.AdapterRegistry;

/**
 * Looks for the layer at fault where a model gave something that is no logit, by computing the text once more. Others wait for that as long as for the text's whole
 * prompt: it is done once for a tuning and the weights as they are, and what it found is told to all who come to the same end. For the engine's thread.
 */
final class LogitFault {
    private final DecoderLM model;
    private final AdapterRegistry adapters;
    private final Map<String, String> found = new HashMap<>(); // by tuning
    private long weights; // of which that was found

    LogitFault(DecoderLM model, AdapterRegistry adapters) {
        this.model = model;
        this.adapters = adapters;
    }

    /**
     * What a request fails with.
     *
     * @param why what went wrong with its logits
     * @param logits of which its own begin at {@code at}
     * @return {@code why} itself if all of them are logits
     */
    RuntimeException of(LiveRequest request, RuntimeException why, float[] logits, int at, int count) {
        boolean right = true;
        for (int i = at; i < at + count; i++) right &= logits[i] < Float.POSITIVE_INFINITY; // NaN is not
        if (right) return why;
        var tuning = request.request.adapter();
        long now = writes();
        if (now != weights) found.clear();
        weights = now;
        var known = found.get(tuning);
        if (known == null) known = looked(request, tuning);
        else known += ", as it was found for an earlier request";
        return new LyceumException("Engine: " + why.getMessage() + "; " + known, why);
    }

    /** How often weights of the model were written to. */
    private long writes() {
        long sum = 0;
        for (var tensor : model.state().values()) sum += tensor.view().storage().version();
        return sum;
    }

    private String looked(LiveRequest request, String tuning) {
        var first = new String[1];
        try {
            look(request, first);
            var told = first[0] != null ? "the first output that is not finite is that of " + first[0]
                    : "computed once more all outputs looked at are finite";
            found.put(tuning, told);
            return told;
        } catch (RuntimeException | OutOfMemoryError e) { // for want of memory, say, which the next one has
            return "looking for the layer failed: " + e.getMessage();
        }
    }

    private void look(LiveRequest request, String[] first) {
        var hooks = Hooks.of(model);
        // Modules alone: attention would write its weights out for whoever asks for them.
        for (var point : model.modules().keySet()) hooks.on(point, (name, _, y) -> {
            if (first[0] == null && y.dtype().isFloat() && y.isFinite().all().item() == 0) first[0] = name.isEmpty() ? "the model" : name;
            return y;
        });
        int[] ids = request.text.history().toArray();
        int count = (int) Math.min(ids.length, model.contextLength());
        var pass = Pass.inference().with(hooks);
        try (var scope = Scope.open("looking for a layer")) {
            Autograd.noGrad(() -> {
                var batch = Tensor.of(Arrays.copyOf(ids, count), 1, count);
                if (adapters == null) logits(batch, pass);
                else adapters.mixing(List.of(request.request.adapter()), () -> logits(batch, pass));
            });
        }
    }

    private Tensor logits(Tensor ids, Pass pass) {
        return model.unembedded(model.hidden(ids, pass).select(1, ids.size(1) - 1), pass).compute();
    }
}
