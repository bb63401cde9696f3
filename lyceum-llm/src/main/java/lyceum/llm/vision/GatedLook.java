package lyceum.llm.vision;

import lyceum.DType;
import lyceum.nn.Activation;
import lyceum.nn.AttentionConfig;
import lyceum.nn.FeedForward;
import lyceum.nn.LayerNorm;
import lyceum.nn.Module;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.GradMode;
import lyceum.tensor.Tensor;

/** {@code x + tanh(a) CrossAttention(x, seen)}, then {@code x + tanh(b) MLP(x)}; both gates begin at 0, where x stays as it is. */
final class GatedLook extends Module {
    private final LayerNorm attention_norm, mlp_norm;
    private final MultiHeadAttention attention;
    private final FeedForward mlp;
    private final Tensor attention_gate, mlp_gate;

    GatedLook(int width, int heads, int seen, Rng rng) {
        attention_norm = new LayerNorm(width);
        mlp_norm = new LayerNorm(width);
        attention = new MultiHeadAttention(new AttentionConfig(width, heads).withKeyWidth(seen).withValueWidth(seen), rng);
        mlp = new FeedForward(width, 2 * width, Activation.GELU, true, 0, DType.F32, rng);
        attention_gate = Tensor.zeros(1).requiresGrad();
        mlp_gate = Tensor.zeros(1).requiresGrad();
    }

    /**
     * x (rows, T, width) after a look at what is seen (rows, S, width).
     *
     * @param sees BOOL (rows, T, 1): places that see a picture; others stay as they are. Null if all do
     */
    Tensor forward(Tensor x, Tensor seen, Attention mask, Tensor sees, Pass pass) {
        if (!GradMode.isRecording() && attention_gate.item() == 0 && mlp_gate.item() == 0) return x; // nobody looks through closed gates
        var looked = x.add(attention.forward(attention_norm.forward(x, pass), seen, mask, pass).mul(attention_gate.tanh()));
        var thought = looked.add(mlp.forward(mlp_norm.forward(looked, pass), pass).mul(mlp_gate.tanh()));
        // Computed here, so that the block behind fuses its sums as it does without a look: closed gates change no bit while they learn either.
        return emit(x, (sees == null ? thought : Tensor.where(sees, thought, x)).compute(), pass);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        throw new UnsupportedOperationException("GatedLook: it needs something to look at");
    }
}
