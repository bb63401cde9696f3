package lyceum.labs.models;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.data.sounds.ToneWords;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.models.audio.Conformer;
import lyceum.models.audio.ConformerConfig;
import lyceum.models.audio.MelSpectrogram;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.nn.loss.CtcDecoder;
import lyceum.nn.loss.CtcLoss;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Words of two tones in noise: an encoder with attention, one with convolutions and one with both learn to write them down, none being told
 * when they were said.
 */
@Lab(topics = "conformer", title = "Near and far in one block")
final class ConformerLab implements LabBody {
    private static final MelSpectrogram MEL = new MelSpectrogram(8_000, 256, 80, 24);

    private record Clips(Tensor seen, int[][] labels) {}

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 24, 5, 2_000), batch = lab.param("clips a step", 8, 2, 64);
        double noise = lab.param("noise", 0.1, 0.0, 0.5);
        var world = new ToneWords().withNoise(noise);
        var clips = clips(world, 64, lab.rng(1));
        var fresh = clips(world, 24, lab.rng(2));
        var both = ConformerConfig.small(24).withHalvings(2).withLayers(1);
        var names = List.of("both", "attention alone", "convolution alone");
        var configs = List.of(both, both.withConvolution(false).matching(both.parameters()), both.withAttention(false).matching(both.parameters()));
        lab.figure(Figure.heatmap("Heard", fresh.seen.get(0).to(DType.F64).toRows()).axes("frame of 10 ms", "mel band").measuring("log power")
                .describedAs("The log-mel spectrogram of an utterance: each word is two tones, a low band and then another."));

        var losses = Figure.plot("CTC loss while learning");
        var rows = new ArrayList<List<?>>();
        double fell = 0;
        for (int k = 0; k < 3; k++) {
            var encoder = new Conformer(configs.get(k), lab.rng(3));
            var head = new Linear(both.width(), ToneWords.WORDS + 1, lab.rng(4));
            var curve = learn(encoder, head, clips, steps, batch, lab.rng(5));
            losses = losses.line(names.get(k), 1, curve);
            if (k == 0) fell = curve[steps - 1] / curve[0];
            rows.add(List.of(names.get(k), encoder.parameterCount(), curve[steps - 1], 100 * error(encoder, head, fresh)));
        }
        lab.figure(losses.axes("step", "loss")
                .describedAs("Loss a step of the three encoders: down to a plateau where all is blank, then, after a hundred steps, down again."));
        lab.table("Three encoders of one size", List.of("branches", "parameters", "last loss", "wrong labels of fresh clips (%)"), rows);
        lab.say("At first a recogniser that learns by CTC writes nothing. With 150 steps the first words come, with 300 nearly all.");

        var encoder = new Conformer(both.withChunk(5).withLeft(2), lab.rng(6));
        var x = fresh.seen.narrow(0, 0, 2).transpose(1, 2);
        int[] ends = {90, 160};
        var together = encoder.encode(x, ends, Pass.inference()).states().get(0).narrow(0, 0, 23);
        var alone = encoder.forward(x.narrow(0, 0, 1).narrow(1, 0, 90)).get(0);
        var stream = encoder.stream();
        var whole = encoder.forward(x);
        double gap = 0;
        long at = 0;
        for (int from = 0; from < 160; from += 40) {
            var some = stream.push(x.narrow(1, from, 40));
            if (some.size(1) > 0) gap = Math.max(gap, some.sub(whole.narrow(1, at, some.size(1))).abs().max().item());
            at += some.size(1);
        }
        lab.shows("largest change of a frame by the padding behind it", together.sub(alone).abs().max().item(), below(1e-4));
        lab.shows("largest gap between a stream of chunks and the whole clip", gap, below(1e-4));
        lab.shows("last loss over the first, both branches", fell, below(0.9));
    }

    private static Clips clips(ToneWords world, int count, Rng rng) {
        var seen = new Tensor[count];
        var labels = new int[count][];
        for (int i = 0; i < count; i++) {
            var said = world.draw(rng);
            seen[i] = MEL.logarithmic(said.sound());
            labels[i] = Arrays.stream(said.words()).map(w -> w + 1).toArray();
        }
        return new Clips(Tensor.stack(0, seen).sub(0.9).mul(4).compute(), labels);
    }

    private static Tensor logProbs(Conformer encoder, Linear head, Tensor seen, Pass pass) {
        return head.forward(encoder.forward(seen.transpose(1, 2), pass), pass).logSoftmax(2);
    }

    private static double[] learn(Conformer encoder, Linear head, Clips clips, int steps, int batch, Rng rng) {
        var all = new LinkedHashMap<String, Tensor>(encoder.parameters());
        head.parameters().forEach((name, p) -> all.put("head." + name, p));
        var optimizer = new Adam(6e-3).over(all).clippedBy(Clip.norm(5));
        var curve = new double[steps];
        for (int step = 0; step < steps; step++) try (var scope = Scope.open("step")) {
            var rows = new int[batch];
            for (int i = 0; i < batch; i++) rows[i] = rng.nextInt(clips.labels.length);
            var logs = logProbs(encoder, head, clips.seen.rows(rows), Pass.training(rng));
            var frames = new int[batch];
            Arrays.fill(frames, (int) logs.size(1));
            optimizer.zeroGrad();
            var loss = new CtcLoss().of(logs.transpose(0, 1), frames, Arrays.stream(rows).mapToObj(r -> clips.labels[r]).toArray(int[][]::new));
            loss.backward();
            optimizer.step();
            curve[step] = loss.item();
        }
        return curve;
    }

    /** The share of labels that are not in their place. */
    private static double error(Conformer encoder, Linear head, Clips clips) {
        var logs = logProbs(encoder, head, clips.seen, Pass.inference());
        int wrong = 0, count = 0;
        for (int i = 0; i < clips.labels.length; i++) {
            int[] found = CtcDecoder.greedy(logs.get(i), 0), own = clips.labels[i];
            for (int w = 0; w < own.length; w++) if (w >= found.length || found[w] != own[w]) wrong++;
            count += own.length;
        }
        return (double) wrong / count;
    }
}
