package lyceum.labs.llm;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.CausalLM;
import lyceum.llm.quant.KvQuantization;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Perplexity of a small model against the bytes that a token takes in its cache, and where the error sits when a few channels of keys are loud. */
@Lab(topics = "kv-cache-quant", title = "Half a megabyte a token, and less")
final class KvQuantizationLab implements LabBody {
    private record Scheme(String name, KvQuantization options) {}

    @Override public void run(LabContext lab) {
        int group = lab.param("group", 8, 4, 32), steps = lab.param("training steps", 80, 10, 500), rows = lab.param("texts", 16, 4, 100);
        double loud = lab.param("loudness of two channels", 20.0, 1.0, 100.0);
        var letters = LetterDecoder.trained(lab, 32, steps);
        var model = letters.model();
        var text = LetterDecoder.batch(letters.held(), rows, lab.rng(3));
        int d = model.config().blocks().getFirst().attention().headWidth();
        var schemes = new ArrayList<Scheme>();
        for (int bits : new int[] {8, 4, 2}) {
            schemes.add(new Scheme("by token, " + bits, KvQuantization.perToken(bits, group)));
            schemes.add(new Scheme("KIVI, " + bits, KvQuantization.kivi(bits, group)));
            schemes.add(new Scheme("symmetric, " + bits, KvQuantization.perToken(bits, group).withSymmetric(true)));
        }
        double whole = perplexity(model.begin(), text);
        double[][] bytes = new double[3][3], worse = new double[3][3];
        var table = new ArrayList<List<?>>();
        for (int i : lab.progress("schemes", schemes.size())) {
            var options = schemes.get(i).options;
            bytes[i % 3][i / 3] = options.bitsPerValue(d, d) / 8 * 2 * model.config().width() * model.config().layers();
            worse[i % 3][i / 3] = perplexity(model.begin(options.caches()), text);
            table.add(List.of(schemes.get(i).name, options.bitsPerValue(d, d), bytes[i % 3][i / 3], worse[i % 3][i / 3]));
        }
        double full = 4.0 * 2 * model.config().width() * model.config().layers();
        lab.figure(Figure.line("Perplexity against bytes", bytes[0], worse[0]).named("by token").line("KIVI", bytes[1], worse[1])
                .line("symmetric", bytes[2], worse[2]).points("F32", new double[] {full}, new double[] {whole})
                .axes("bytes a token", "perplexity of letters")
                .describedAs("Eight bits cost nothing, four hardly anything; at two an offset matters."));
        lab.table("Schemes, bits for keys and values", List.of("scheme", "bits a value", "bytes a token", "perplexity"), table);
        int tokens = 128, channels = 64;
        var scale = new double[channels];
        Arrays.fill(scale, 1);
        scale[11] = scale[40] = loud;
        var k = Tensor.randn(lab.rng(4), 1, 1, tokens, channels).mul(Tensor.of(scale).to(DType.F32)).compute();
        double[] byToken = errors(KvQuantization.perToken(4, 32), k), byChannel = errors(KvQuantization.kivi(4, 32), k);
        lab.figure(Figure.line("Error of each channel of keys at four bits", byToken).named("grouped along channels")
                .line("grouped along tokens", 0, byChannel).axes("channel", "mean squared error")
                .describedAs("Two loud channels spoil all that share a step with them; along tokens they spoil themselves."));
        lab.say("Perplexity %.3f in F32, %.3f at 8 bits, %.3f at 4.", whole, worse[1][0], worse[1][1]);
        lab.shows("rise at eight bits", worse[1][0] / whole - 1, below(0.005));
        lab.shows("error of a quiet channel, along tokens over along channels", byChannel[0] / byToken[0], below(0.2));
    }

    private static double[] errors(KvQuantization options, Tensor k) {
        var cache = options.cache();
        cache.append(k, k);
        return cache.past().keys().sub(k).square().mean(2, false).reshape(-1).to(DType.F64).toDoubleArray();
    }

    /** Letter by letter, so that each looks at what is packed. */
    private static double perplexity(CausalLM.Decoding decoding, Tensor text) {
        return Autograd.noGrad(() -> {
            double sum = 0;
            int n = (int) text.size(1);
            for (int t = 0; t + 1 < n; t++) {
                var z = decoding.next(text.narrow(1, t, 1)).logSoftmax(-1);
                sum -= z.gather(1, text.narrow(1, t + 1, 1).to(DType.I64)).mean().item() / (n - 1);
            }
            return Math.exp(sum);
        });
    }
}
