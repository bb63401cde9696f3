package lyceum.labs.models;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.data.sounds.ToneWords;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
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
import lyceum.text.compare.EditDistance;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;

/** Words of two tones in noise: encoders with attention, convolutions and both learn to write them, none told when they were said. */
@Lab(topics = "conformer", title = "Near and far in one block")
final class ConformerLab implements LabBody {
    private static final MelSpectrogram MEL = new MelSpectrogram(8_000, 256, 80, 24);

    private record Clips(Tensor seen, int[][] labels) {}

    @Override public void run(LabContext lab) {
        int epochs = lab.param("epochs", 3, 1, 200), count = lab.param("clips", 32, 16, 4_096);
        double noise = lab.param("noise", 0.1, 0.0, 0.5);
        var world = new ToneWords().withNoise(noise);
        Clips clips = clips(world, count, lab.rng(1)), fresh = clips(world, 12, lab.rng(2));
        var both = ConformerConfig.small(24).withHalvings(2).withLayers(1);
        var names = List.of("both", "attention alone", "convolution alone");
        var configs = List.of(both, both.withConvolution(false).matching(both.parameters()),
                both.withAttention(false).matching(both.parameters()));
        lab.figure(Figure.heatmap("Heard", fresh.seen.get(0).transpose().to(DType.F64).toRows()).axes("frame of 10 ms", "mel band")
                .measuring("log power")
                .describedAs("The log-mel spectrogram of an utterance: each word is two tones, a low band and then another."));

        var losses = Figure.plot("CTC loss while learning");
        var rows = new ArrayList<List<?>>();
        double fell = 0;
        for (int k = 0; k < 3; k++) {
            var encoder = new Conformer(configs.get(k), lab.rng(3));
            var network = encoder.then(new Linear(both.width(), ToneWords.WORDS + 1, lab.rng(4)));
            BatchLoss loss = (some, pass) -> {
                var own = Arrays.stream(some).mapToObj(r -> clips.labels[r]).toArray(int[][]::new);
                var logs = network.forward(clips.seen.rows(some), pass).logSoftmax(2);
                var frames = new int[some.length];
                Arrays.fill(frames, (int) logs.size(1));
                return new CtcLoss().of(logs.transpose(0, 1), frames, own);
            };
            var trainer = new Trainer(new Adam(6e-3), epochs).withBatchSize(8).withClip(Clip.norm(5));
            double[] curve = trainer.start(network, count, loss, null, lab.rng(5)).finish(lab.progress()).losses();
            losses = losses.line(names.get(k), 1, curve);
            if (k == 0) fell = curve[epochs - 1] / curve[0];
            var logs = network.forward(fresh.seen);
            int wrong = 0, all = 0;
            for (int i = 0; i < fresh.labels.length; i++) {
                var own = Arrays.stream(fresh.labels[i]).boxed().toList();
                wrong += EditDistance.levenshtein(own, Arrays.stream(CtcDecoder.greedy(logs.get(i), 0)).boxed().toList());
                all += own.size();
            }
            rows.add(List.of(names.get(k), encoder.parameterCount(), curve[epochs - 1], 100.0 * wrong / all));
        }
        lab.figure(losses.axes("epoch", "loss")
                .describedAs("Loss of the three encoders: down to a plateau where all is blank, then, after a hundred steps, down again."));
        lab.table("Three encoders of one size", List.of("branches", "parameters", "last loss", "label errors of fresh clips (%)"), rows);
        lab.say("At first a recogniser that learns by CTC writes nothing. With 480 clips and 5 epochs the first words come, with 10 nearly all.");

        var encoder = new Conformer(both, lab.rng(6));
        var x = fresh.seen.narrow(0, 0, 2);
        var together = encoder.encode(x, new int[] {90, 160}, Pass.inference()).states().get(0).narrow(0, 0, 23);
        var alone = encoder.forward(x.narrow(0, 0, 1).narrow(1, 0, 90)).get(0);
        lab.shows("largest change of a frame by the padding behind it", together.sub(alone).abs().max().item(), below(1e-4));
        lab.shows("last loss over the first, both branches", fell, below(0.9));
    }

    private static Clips clips(ToneWords world, int count, Rng rng) {
        var seen = new Tensor[count];
        var labels = new int[count][];
        for (int i = 0; i < count; i++) {
            var said = world.draw(rng);
            seen[i] = MEL.logarithmic(said.sound()).transpose();
            labels[i] = Arrays.stream(said.words()).map(w -> w + 1).toArray();
        }
        return new Clips(Tensor.stack(0, seen).sub(0.9).mul(4).compute(), labels);
    }
}
