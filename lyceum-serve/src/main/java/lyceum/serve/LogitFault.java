package lyceum.serve;

import java.util.Arrays;
import java.util.List;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.Hooks;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;
import lyceum.train.peft.AdapterRegistry;

/** Looks for the layer at fault where a model gave something that is no logit, by computing the text once more. */
record LogitFault(DecoderLM model, AdapterRegistry adapters) {
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
        var first = new String[1];
        var text = why.getMessage();
        try {
            look(request, first);
            text += first[0] != null ? "; the first output that is not finite is that of " + first[0]
                    : "; computed once more all outputs looked at are finite";
        } catch (RuntimeException | OutOfMemoryError e) {
            text += "; looking for the layer failed: " + e.getMessage();
        }
        return new LyceumException("Engine: " + text, why);
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
