package lyceum.labs.llm;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.CausalLM;
import lyceum.llm.cache.AttentionSinks;
import lyceum.llm.cache.StreamingCache;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** A small model that learned with its first token always in sight reads a stream far beyond its length, with that token kept and without. */
@Lab(topics = "attention-sinks", title = "The token one must not forget")
final class AttentionSinksLab implements LabBody {
    @Override public void run(LabContext lab) {
        int steps = lab.param("training steps", 150, 20, 1000), times = lab.param("stream, training lengths", 8, 2, 40),
                streams = lab.param("streams", 8, 1, 50);
        var model = WalkDecoder.trained(lab, steps);
        var first = AttentionSinks.of(model, WalkDecoder.walks(16, lab.rng(3)), 1);
        var heads = new String[first.mass()[0].length];
        for (int h = 0; h < heads.length; h++) heads[h] = "head " + h;
        lab.figure(Figure.heatmap("Mass on the first token", first.mass(), new String[] {"layer 0", "layer 1"}, heads).axes("head", "layer")
                .describedAs("Mean share of a head's weights on the first token; alike for all tokens it would be a tenth."));
        int length = WalkDecoder.LENGTH, n = times * length;
        var ids = new int[streams * n];
        for (int r = 0; r < streams; r++) System.arraycopy(WalkDecoder.walk(n, lab.rng(10 + r)), 0, ids, r * n, n);
        var stream = Tensor.of(ids, streams, n);
        double[] with = losses(model.begin(StreamingCache.of(1, length - 1)), stream),
                without = losses(model.begin(StreamingCache.of(0, length)), stream);
        lab.figure(Figure.line("Perplexity along the stream", 1, with).named("first token kept").line("plain window", 1, without)
                .axes("position, training lengths", "perplexity")
                .describedAs("Both are alike until the first token leaves the window; then the plain one loses its hold."));
        lab.say("The strongest head gives the first token %.1f times what it would by chance. At the end perplexity is %.2f with it, %.2f without.",
                first.strongest() / first.uniform(), with[times - 1], without[times - 1]);
        lab.shows("strongest head over uniform", first.strongest() / first.uniform(), atLeast(1.5));
        lab.shows("perplexity at the end, kept over plain", with[times - 1] / without[times - 1], below(1));
    }

    /** Perplexity of each stretch of a training's length. */
    private static double[] losses(CausalLM.Decoding decoding, Tensor stream) {
        return Autograd.noGrad(() -> {
            int n = (int) stream.size(1), length = WalkDecoder.LENGTH;
            var mean = new double[n / length];
            for (int t = 0; t + 1 < n; t++) {
                var z = decoding.next(stream.narrow(1, t, 1)).logSoftmax(-1);
                mean[t / length] -= z.gather(1, stream.narrow(1, t + 1, 1)).mean().item()
                        / (t / length < mean.length - 1 ? length : length - 1);
            }
            for (int i = 0; i < mean.length; i++) mean[i] = Math.exp(mean[i]);
            return mean;
        });
    }
}
