package lyceum.train.peft;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerEncoder;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A small transformer over token numbers: logits at each position, or for the whole sequence from the mean. */
final class TinyText extends Module {
    final TransformerConfig config;
    final int layers;
    private final boolean pooled;
    private final Embedding embedding;
    private final Tensor positions;
    private final TransformerEncoder encoder;
    private final Linear head;

    TinyText(TransformerConfig config, int layers, int tokens, int longest, int outputs, boolean pooled, Rng rng) {
        this.config = config;
        this.layers = layers;
        this.pooled = pooled;
        embedding = new Embedding(tokens, config.width(), rng);
        positions = longest == 0 ? null : Tensor.randn(rng, DType.F32, longest, config.width()).mul(0.3).compute().requiresGrad();
        encoder = new TransformerEncoder(config, layers, rng);
        head = new Linear(config.width(), outputs, rng);
    }

    static TransformerConfig config(int width, int heads, int hidden) {
        return TransformerConfig.original(width, heads, hidden).withPlacement(TransformerConfig.Placement.PRE);
    }

    TransformerEncoder encoder() { return encoder; }

    Tensor embed(Tensor tokens, Pass pass) {
        var x = embedding.forward(tokens, pass);
        return positions == null ? x : x.add(positions.narrow(0, 0, x.size(1)));
    }

    Tensor read(Tensor y, Pass pass) { return head.forward(pooled ? y.mean(1, false) : y, pass); }

    @Override protected Tensor compute(Tensor tokens, Pass pass) { return read(encoder.forward(embed(tokens, pass), pass), pass); }

    /** The bits of all tensors that the model had by itself. */
    static Map<String, byte[]> bits(Module model) {
        var bits = new LinkedHashMap<String, byte[]>();
        model.state().forEach((name, t) -> bits.put(name, bits(t)));
        return bits;
    }

    static byte[] bits(Tensor t) {
        var values = t.detach().contiguous().compute();
        var v = values.view();
        return v.storage().segment().asSlice(v.byteOffset(), values.count() * values.dtype().bytes()).toArray(ValueLayout.JAVA_BYTE);
    }

    /** How many tensors of an earlier state have other bits now. */
    static long changed(Map<String, byte[]> before, Module model) {
        var now = bits(model);
        return before.entrySet().stream().filter(e -> !Arrays.equals(e.getValue(), now.get(e.getKey()))).count();
    }
}
