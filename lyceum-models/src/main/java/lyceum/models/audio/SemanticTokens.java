package lyceum.models.audio;

import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.models.generative.VectorQuantizer;
import lyceum.models.generative.VectorQuantizerConfig;
import lyceum.nn.Activation;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.InfoNce;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * What is played, without how: k-means clusters of features that a network learned from sound alone. It sees a log-mel frame twice, each
 * time through another random low-pass and at another loudness, and learns to find the two views of one frame among those of others; so
 * timbre goes, and what the lowest partials tell stays.
 *
 * {@snippet :
 * var semantics = new SemanticTokens(new MelSpectrogram(4_000, 256, 256, 40), 32, 16, rng);
 * semantics.learn(x, 200, 64, rng, Progress.SILENT);          // (n, 1, samples)
 * Tensor ids = semantics.ids(x);                              // (n, samples / hop), I64
 * }
 *
 * @see <a href="https://arxiv.org/abs/2209.03143">Borsos et al. (2023), section III.B</a>
 * @see <a href="https://arxiv.org/abs/2106.07447">Hsu et al. (2021): clusters as units of speech</a>
 */
public final class SemanticTokens extends Module {
    private final MelSpectrogram mel;
    private final Layer network;
    private final VectorQuantizer clusters;

    /** @param width of the features @param codes clusters */
    public SemanticTokens(MelSpectrogram mel, int width, int codes, Rng rng) {
        this.mel = mel;
        network = new Linear(mel.bands(), 64, rng).then(Activation.RELU).then(new Linear(64, width, rng));
        clusters = new VectorQuantizer(new VectorQuantizerConfig(codes, width), rng);
    }

    /** How many different tokens. */
    public int codes() { return clusters.config().codes(); }

    /** Samples of a token. */
    public int hop() { return mel.hop(); }

    /**
     * Log-mel frames of sounds (n, 1, samples): (n, frames, bands). A frame's window lies over its own samples if it is as long as the hop.
     */
    private Tensor frames(Tensor sounds) {
        long half = mel.hop() / 2;
        var moved = sounds.squeeze(1).pad(-1, 0, mel.hop(), 0).narrow(-1, half, sounds.size(2) + mel.hop() - half);
        return mel.logarithmic(moved).transpose(1, 2).narrow(1, 0, sounds.size(2) / mel.hop());
    }

    /** Features of log-mel frames (.., bands), of length 1. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        var y = network.forward(x, pass);
        return y.div(y.square().sum(-1, true).add(1e-12).sqrt());
    }

    /** (n, 1, samples) to (n, samples / hop), I64. */
    public Tensor ids(Tensor sounds) { return Autograd.noGrad(() -> clusters.ids(forward(frames(sounds)))); }

    /** Learns features by steps of that many frames, then their clusters. Returns the loss of each step. */
    public double[] learn(Tensor sounds, int steps, int batch, Rng rng, Progress progress) {
        if (steps < 1 || batch < 2) throw new IllegalArgumentException(
                "SemanticTokens.learn: " + steps + " steps of " + batch + " frames; at least 1, and 2 to tell apart");
        var all = frames(sounds).reshape(-1, mel.bands()).compute();
        var optimizer = new Adam(3e-3).over(parameters());
        var losses = new double[steps];
        for (int step = 0; step < steps; step++) {
            try (var scope = Scope.open("semantic tokens")) {
                var rows = new int[batch];
                for (int i = 0; i < batch; i++) rows[i] = rng.nextInt((int) all.size(0));
                var x = all.rows(rows);
                optimizer.zeroGrad();
                var pass = Pass.training(rng);
                var loss = new InfoNce(0.1).of(forward(view(x, rng), pass), forward(view(x, rng), pass));
                loss.backward();
                optimizer.step();
                losses[step] = loss.item();
            }
            progress.step("semantic tokens", step + 1, steps);
        }
        Autograd.noGrad(() -> clusters.start(forward(all), 100, rng));
        return losses;
    }

    /** Through a random low-pass, louder or softer by up to 10 decibels. */
    private Tensor view(Tensor x, Rng rng) {
        int n = (int) x.size(0), bands = mel.bands();
        var keep = new float[n * bands];
        var louder = new float[n];
        for (int i = 0; i < n; i++) {
            int cut = bands / 3 + rng.nextInt(bands - bands / 3 + 1);
            for (int b = 0; b < cut; b++) keep[i * bands + b] = 1;
            louder[i] = (float) (0.5 * (rng.nextDouble() - 0.5));
        }
        return x.add(Tensor.of(louder, n, 1)).mul(Tensor.of(keep, n, bands));
    }
}
