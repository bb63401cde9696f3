package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.loss.CtcDecoder;
import lyceum.nn.loss.CtcLoss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Tones in noise, and what was played, but not when: a network learns to put a spike where each tone is. */
@Lab(topics = "ctc-rnnt", title = "What was played, not when")
final class CtcLab implements LabBody {
    private static final int WINDOW = 160, BINS = 32, TIME = 50, TONES = 3;
    private static final String[] NAMES = {"blank", "a", "b", "c"};

    private record Tune(Tensor spectrogram, int[] labels, int frames) {}

    @Override public void run(LabContext lab) {
        double noise = lab.param("noise", 0.3, 0.0, 2.0);
        int steps = lab.param("steps", 150, 10, 1000), width = lab.param("beam width", 8, 1, 64);
        var rng = lab.rng(1);
        var network = new Linear(3 * BINS, 48, rng).then(Activation.RELU).then(new Linear(48, TONES + 1, rng));
        var pool = new Tune[80];
        for (int i = 0; i < pool.length; i++) pool[i] = play(rng, noise);
        var optimizer = new Adam(1e-2).over(network.parameters());
        var shown = play(lab.rng(2), noise);
        var frames = new ArrayList<Figure>();
        var labels = new ArrayList<String>();
        for (int step : lab.progress("steps", steps)) {
            if (step % Math.max(1, steps / 5) == 0) {
                frames.add(lattice(network, shown));
                labels.add("step " + step);
            }
            try (var scope = Scope.open()) {
                var tunes = new Tune[16];
                for (int i = 0; i < tunes.length; i++) tunes[i] = pool[rng.nextInt(pool.length)];
                optimizer.zeroGrad();
                new CtcLoss().of(logProbs(network, tunes), Arrays.stream(tunes).mapToInt(Tune::frames).toArray(),
                        Arrays.stream(tunes).map(Tune::labels).toArray(int[][]::new)).backward();
                optimizer.step();
            }
        }
        frames.add(lattice(network, shown));
        labels.add("step " + steps);
        lab.figure(Figure.frames("The lattice lights up", "step", frames).labelled(labels.toArray(String[]::new)).describedAs(
                "Which state each frame takes part in: at first a blur along the diagonal, after training a staircase of sharp steps."));
        var p = logProbs(network, shown).select(1, 0);
        var time = Tensor.arange(TIME).to(DType.F64).mul(0.02);
        var spikes = Figure.plot("Spikes");
        for (int k = 1; k <= TONES; k++) spikes = spikes.line(NAMES[k], time, p.select(1, k).exp().to(DType.F64));
        var heard = Figure.heatmap("Spectrogram", shown.spectrogram.transpose().to(DType.F64).toRows());
        lab.figure(Figure.row("What is heard and what is read", heard.axes("frame of 20 ms", "bin of 50 Hz").measuring("0.3 log power"),
                spikes.axes("time (s)", "probability")).describedAs(
                        "Bright bars in the spectrogram are tones; the probability of a label spikes once for each, with blanks between."));
        errors(lab, network, noise, width);
    }

    /** The share of all paths that is in each state at each frame. */
    private static Figure lattice(Layer network, Tune tune) {
        var shares = new CtcLoss().posterior(logProbs(network, tune).select(1, 0), tune.labels);
        var names = new String[2 * tune.labels.length + 1];
        for (int s = 0; s < names.length; s++) names[s] = s + " " + NAMES[s % 2 == 0 ? 0 : tune.labels[s / 2]];
        return Figure.heatmap("Shares of the paths", shares.transpose().contiguous(), names, Figure.numbered(1, TIME))
                .axes("frame", "state").measuring("share")
                .describedAs("Where the paths of one tune run: frames along, states from the first blank to the last.");
    }

    private static void errors(LabContext lab, Layer network, double noise, int width) {
        int right = 0, greedy = 0;
        var rows = new ArrayList<List<?>>();
        var rng = lab.rng(3);
        for (int i : lab.progress("fresh tunes", 60)) {
            var tune = play(rng, noise);
            var p = logProbs(network, tune).select(1, 0).narrow(0, 0, tune.frames);
            int[] best = new CtcDecoder(width).decode(p).getFirst().labels(), quick = CtcDecoder.greedy(p, 0);
            if (Arrays.equals(best, tune.labels)) right++;
            if (Arrays.equals(quick, tune.labels)) greedy++;
            if (i < 4) rows.add(List.of(text(tune.labels), text(quick), text(best)));
        }
        lab.table("Read", List.of("played", "best path", "prefix beam"), rows);
        lab.say("Of 60 fresh tunes %d are read without any error by the beam, %d by the best path.", right, greedy);
        lab.shows("tunes without any error, of 60", right, atLeast(45));
    }

    private static String text(int[] labels) { return String.join(" ", Arrays.stream(labels).mapToObj(l -> NAMES[l]).toList()); }

    private static Tune play(Rng rng, double noise) {
        int count = 2 + rng.nextInt(4);
        var labels = new int[count];
        var sound = new double[TIME * WINDOW];
        int at = rng.nextInt(200);
        for (int i = 0; i < count; i++) {
            labels[i] = 1 + rng.nextInt(TONES);
            int length = 400 + rng.nextInt(600);
            for (int s = 0; s < length; s++) sound[at + s] = Math.sin(2 * Math.PI * 400 * labels[i] * s / 8000);
            at += length + 300 + rng.nextInt(200);
        }
        for (int s = 0; s < sound.length; s++) sound[s] += noise * rng.nextGaussian();
        var angles = Tensor.arange(WINDOW).to(DType.F64).outer(Tensor.arange(BINS).to(DType.F64)).mul(2 * Math.PI / WINDOW);
        var x = Tensor.of(sound, TIME, WINDOW);
        var power = x.matmul(angles.cos()).square().add(x.matmul(angles.sin()).square());
        return new Tune(power.add(1).log().mul(0.3).to(DType.F32).compute(), labels, Math.min(TIME, at / WINDOW));
    }

    /** (time, tunes, classes), from three windows side by side. */
    private static Tensor logProbs(Layer network, Tune... tunes) {
        var x = Tensor.stack(1, Arrays.stream(tunes).map(Tune::spectrogram).toArray(Tensor[]::new)).pad(0, 1, 1, 0);
        return network.forward(Tensor.concat(2, x.narrow(0, 0, TIME), x.narrow(0, 1, TIME), x.narrow(0, 2, TIME))).logSoftmax(2);
    }
}
