package lyceum.train.peft;

import java.util.Arrays;
import java.util.Map;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.nn.Adapter;
import lyceum.nn.ConvLayer;
import lyceum.nn.Dropout;
import lyceum.nn.Embedding;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** One layer's low-rank update; parameters are named as those of Hugging Face's PEFT: {@code lora_A.NAME.weight}, {@code lora_B.NAME.weight}. */
final class LoraLayer extends Module implements Adapter {
    private final Map<String, Module> lora_A, lora_B, lora_embedding_A, lora_embedding_B;
    private final Convolution how;
    private final double scale, dropout;
    private boolean merged;

    private LoraLayer(String name, Tensor a, Tensor b, boolean embedding, Convolution how, double scale, double dropout) {
        Map<String, Module> first = Map.of(name, new Held(a)), second = Map.of(name, new Held(b));
        lora_A = embedding ? null : first;
        lora_B = embedding ? null : second;
        lora_embedding_A = embedding ? first : null;
        lora_embedding_B = embedding ? second : null;
        this.how = how;
        this.scale = scale;
        this.dropout = dropout;
    }

    static LoraLayer over(Module host, Lora lora, String name, Rng rng) {
        int r = lora.rank();
        if (host instanceof Embedding table) {
            long count = table.weight().size(0), width = table.weight().size(1);
            return new LoraLayer(name, Tensor.zeros(table.weight().dtype(), r, count), Tensor.randn(rng, table.weight().dtype(), width, r),
                    true, null, lora.scale(), lora.dropout());
        }
        var conv = host instanceof ConvLayer c ? c : null;
        var weight = weightOf(host);
        long[] down = weight.shape().toArray(), up = new long[down.length];
        Arrays.fill(up, 1);
        up[0] = down[0];
        up[1] = r;
        down[0] = r;
        var a = Init.torchLinear(weight.count() / weight.size(0)).sample(rng, weight.dtype(), down);
        return new LoraLayer(name, a, Tensor.zeros(weight.dtype(), up), false, conv == null ? null : conv.how(), lora.scale(),
                lora.dropout());
    }

    static Tensor weightOf(Module host) {
        return switch (host) {
            case Linear l -> l.weight();
            case Embedding e -> e.weight();
            case ConvLayer c -> c.weight();
            default -> throw new IllegalArgumentException("Lora: " + host.getClass().getSimpleName() + " has no weight to adapt");
        };
    }

    private static Tensor only(Map<String, Module> held) { return ((Held) held.values().iterator().next()).weight(); }

    Tensor a() { return only(lora_A == null ? lora_embedding_A : lora_A); }

    Tensor b() { return only(lora_B == null ? lora_embedding_B : lora_B); }

    double scale() { return scale; }

    boolean isMerged() { return merged; }

    /** What this adds to the output at x. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (lora_A == null) {
            var shape = Arrays.copyOf(x.shape().toArray(), x.rank() + 1);
            shape[x.rank()] = b().size(0);
            return a().indexSelect(1, x.flatten()).transpose().affine(b(), null).reshape(shape).mul(scale);
        }
        var in = new Dropout(dropout).forward(x, pass);
        if (how == null) return in.affine(a(), null).affine(b(), null).mul(scale);
        return in.conv(a(), null, how, null).conv(b(), null, new Convolution(), null).mul(scale);
    }

    @Override public Tensor adapt(Tensor x, Tensor y, Pass pass) { return merged ? y : y.add(forward(x, pass)); }

    /** {@code s B A} in the shape of the layer's weight. */
    Tensor delta() {
        if (lora_A == null) return a().transpose().matmul(b().transpose()).mul(scale);
        var shape = a().shape().toArray();
        shape[0] = b().size(0);
        return b().reshape(b().size(0), -1).matmul(a().reshape(a().size(0), -1)).reshape(shape).mul(scale);
    }

    /** Adds the update to the layer's weight, or takes it off again. */
    void merge(Module host, boolean into) {
        if (merged == into) return;
        if (host instanceof Linear linear && linear.stored() != null)
            throw new LyceumException("Lora: an update is not merged into a weight of few bits; dequantise the model first");
        Autograd.noGrad(() -> weightOf(host).copy_(into ? weightOf(host).add(delta()) : weightOf(host).sub(delta())));
        merged = into;
    }
}
