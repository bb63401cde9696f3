package lyceum.models.audio;

import lyceum.DType;
import lyceum.nn.Init;
import lyceum.nn.KvCache;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** Attention whose keys have no bias, under the names that Hugging Face's checkpoints have. */
final class WhisperAttention extends Module {
    private final Linear k_proj, v_proj, q_proj, out_proj;
    private final int heads;
    private final Attention mask;

    WhisperAttention(int width, int heads, boolean causal, DType dtype, Rng rng) {
        this.heads = heads;
        mask = new Attention().withCausal(causal);
        var init = Init.torchLinear(width);
        k_proj = new Linear(width, width, false, dtype, init, rng);
        v_proj = new Linear(width, width, true, dtype, init, rng);
        q_proj = new Linear(width, width, true, dtype, init, rng);
        out_proj = new Linear(width, width, true, dtype, init, rng);
    }

    /** A memory's keys and values. */
    KvCache.Past project(Tensor memory, Pass pass) {
        return new KvCache.Past(split(k_proj.forward(memory, pass)), split(v_proj.forward(memory, pass)));
    }

    @Override protected Tensor compute(Tensor x, Pass pass) { return look(x, project(x, pass), mask, pass); }

    /** Behind what the cache holds, which then holds x as well. */
    Tensor forward(Tensor x, KvCache cache, Pass pass) {
        var own = project(x, pass);
        var all = cache.append(own.keys(), own.values());
        return emit(x, look(x, all, cache.over(mask, null, x.size(1)), pass), pass);
    }

    /** At a memory that was projected. */
    Tensor forward(Tensor x, KvCache.Past memory, Pass pass) { return emit(x, look(x, memory, mask, pass), pass); }

    private Tensor look(Tensor x, KvCache.Past past, Attention seen, Pass pass) {
        var found = seen.of(split(q_proj.forward(x, pass)), past.keys(), past.values());
        return out_proj.forward(found.transpose(1, 2).reshape(x.shape().toArray()), pass);
    }

    private Tensor split(Tensor x) { return x.reshape(x.size(0), x.size(1), heads, x.size(2) / heads).transpose(1, 2); }
}
