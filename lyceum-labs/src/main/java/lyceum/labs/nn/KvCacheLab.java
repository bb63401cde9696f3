package lyceum.labs.nn;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.AttentionConfig;
import lyceum.nn.LatentAttention;
import lyceum.nn.LatentAttentionConfig;
import lyceum.nn.MixerConfig;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.Pass;
import lyceum.nn.RotaryEmbedding;
import lyceum.nn.SequenceMixer;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerDecoder;
import lyceum.plot.Figure;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** What a decoder saves by keeping keys and values, what they weigh in four layouts, and a latent that stands for all heads. */
@Lab(topics = {"kv-cache", "mla"}, title = "The price of remembering")
final class KvCacheLab implements LabBody {
    private static final int WIDTH = 64, HEADS = 8, LAYERS = 2;

    @Override public void run(LabContext lab) {
        int tokens = lab.param("tokens", 48, 16, 1024), latent = lab.param("latent", 16, 2, 64);
        steps(lab, tokens);
        layouts(lab, tokens, latent);
        converted(lab, latent);
    }

    private static AttentionConfig heads(int keyHeads) {
        return new AttentionConfig(WIDTH, HEADS).withKeyHeads(keyHeads).withRotary(new RotaryEmbedding(WIDTH / HEADS, 10_000))
                .withBias(false).withAttention(new Attention().withCausal(true));
    }

    private static void steps(LabContext lab, int tokens) {
        var decoder = new TransformerDecoder(TransformerConfig.original(WIDTH, HEADS, 4 * WIDTH).withAttention(heads(HEADS)), LAYERS,
                lab.rng(1));
        var x = Tensor.randn(lab.rng(2), 1, tokens, WIDTH).compute();
        double[] cached = new double[tokens], again = new double[tokens];
        double gap = 0;
        for (boolean warm : new boolean[] {true, false}) {
            var state = decoder.start(null, null, Pass.inference());
            for (int t = 0; t < (warm ? 8 : tokens); t++) {
                int at = t;
                long start = System.nanoTime();
                var next = Autograd.noGrad(() -> decoder.forward(x.narrow(1, at, 1), state, Pass.inference()).compute());
                long middle = System.nanoTime();
                var whole = Autograd.noGrad(() -> decoder.forward(x.narrow(1, 0, at + 1)).compute());
                again[t] = (System.nanoTime() - middle) * 1e-6;
                cached[t] = (middle - start) * 1e-6;
                gap = Math.max(gap, whole.narrow(1, t, 1).sub(next).abs().max().item());
            }
        }
        lab.figure(Figure.plot("Time of the next token").line("with a cache", 1, cached).line("all computed again", 1, again)
                .axes("position", "milliseconds").logY().describedAs(
                        "Without a cache each token pays for all before it once more; with one it pays for itself and a look at what is kept."));
        double saved = 0, spent = 0;
        for (int t = 0; t < tokens; t++) {
            saved += again[t];
            spent += cached[t];
        }
        lab.say("%d tokens took %.1f ms with a cache and %.1f ms without.", tokens, spent, saved);
        lab.shows("kv-cache", "largest gap of a cached step from the whole", gap, below(1e-4));
    }

    private static void layouts(LabContext lab, int tokens, int latent) {
        int rope = WIDTH / HEADS / 2;
        var names = List.of("MHA, 8 key heads", "GQA, 2 key heads", "MQA, 1 key head", "MLA, latent " + latent + " + " + rope);
        var configs = List.<MixerConfig>of(heads(HEADS), heads(2), heads(1),
                new LatentAttentionConfig(WIDTH, HEADS, latent, WIDTH / HEADS, rope));
        var rows = new ArrayList<List<?>>();
        var figure = Figure.plot("Memory of one sequence");
        for (int i = 0; i < configs.size(); i++) {
            SequenceMixer mixer = configs.get(i).build(lab.rng(3));
            var state = mixer.start();
            var bytes = new double[tokens];
            for (int t = 0; t < tokens; t++) {
                mixer.forward(Tensor.zeros(1, 1, WIDTH), state, Pass.inference());
                bytes[t] = LAYERS * state.bytes() / 1024.0;
            }
            figure = figure.line(names.get(i), 1, bytes);
            rows.add(List.of(names.get(i), state.bytes() / 4 / tokens, mixer.parameterCount()));
        }
        lab.figure(figure.axes("tokens", "kilobytes")
                .describedAs("Memory grows by the same step with each token; the layout says how large that step is."));
        lab.table("One layer, eight query heads of " + WIDTH / HEADS, List.of("layout", "numbers a token", "parameters"), rows);
        var shape = LatentAttentionConfig.deepSeekV2();
        lab.table("The shape of DeepSeek-V2", List.of("layout", "numbers a token and layer"),
                List.of(List.of("MHA, 128 heads", shape.expanded()), List.of("GQA, 8 key heads", 8 * 256), List.of("MQA", 256),
                        List.of("MLA", shape.cached())));
        lab.shows("mla", "DeepSeek-V2's cache, numbers a token and layer", shape.cached(), exactly(576));
    }

    /** A layer whose keys and values have a low rank becomes one with a latent. */
    private static void converted(LabContext lab, int latent) {
        var layer = new MultiHeadAttention(heads(HEADS).withRotary(null), lab.rng(4));
        var basis = Tensor.randn(lab.rng(5), latent, WIDTH);
        Autograd.noGrad(() -> {
            for (var name : List.of("k_proj.weight", "v_proj.weight"))
                layer.state().get(name)
                        .copy_(Tensor.randn(lab.rng(name.charAt(0)), WIDTH, latent).matmul(basis).div(16.0 * Math.sqrt(latent)));
        });
        var x = Tensor.randn(lab.rng(6), 1, 40, WIDTH).compute();
        var expected = layer.forward(x);
        double scale = expected.abs().max().item();
        var made = LatentAttention.of(layer, latent);
        double expanded = made.forward(x).sub(expected).abs().max().item(),
                absorbed = made.absorbed(x, Pass.inference()).sub(expected).abs().max().item();
        lab.say("Converted, a token takes %d numbers in place of %d.", made.config().cached(), made.config().expanded());
        lab.shows("mla", "converted layer, expanded: gap over the largest output", expanded / scale, below(1e-5));
        lab.shows("mla", "converted layer, absorbed: gap over the largest output", absorbed / scale, below(1e-5));
        lab.shows("mla", "cache over that of all heads", (double) made.config().cached() / made.config().expanded(), atMost(0.5));
    }
}
