package lyceum.labs.llm;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.equalTo;

import java.util.ArrayList;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.CompressedSparseAttention;
import lyceum.nn.CompressedSparseConfig;
import lyceum.nn.Pass;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Which headings a query opens, what is kept of a long text, and what reading costs. */
@Lab(topics = "compressed-sparse-attention", title = "The last page and a few headings")
final class CompressedAttentionLab implements LabBody {
    @Override public void run(LabContext lab) {
        int block = lab.param("block", 4, 1, 16);
        int overlap = lab.param("overlap", 0, 0, 8);
        int top = lab.param("blocks read", 3, 0, 16);
        int window = lab.param("window", 8, 0, 32);
        int length = lab.param("length", 96, 16, 512);
        var config = new CompressedSparseConfig(32, 4, block, top, window).withBlocks(block + overlap, block);
        var layer = new CompressedSparseAttention(config, lab.rng(1));
        // Two kinds of tokens in runs: a query likes what the scorer finds like it.
        var kinds = Tensor.randn(lab.rng(2), 6, 32);
        int[] run = new int[length];
        for (int t = 0; t < length; t++) run[t] = t / 8 % 6;
        var x = kinds.rows(run).add(Tensor.randn(lab.rng(3), length, 32).mul(0.3)).unsqueeze(0).compute();
        long[][] read = layer.chosen(x);
        var map = new double[length][length / block];
        int broken = 0;
        for (int t = 0; t < length; t++) {
            for (int s = 0; s < map[t].length; s++) map[t][s] = block * (s + 1) <= t + 1 ? 0.3 : 0;
            for (long s : read[t]) {
                map[t][(int) s] = 1;
                if (block * (s + 1) > t + 1) broken++;
            }
        }
        lab.figure(Figure.heatmap("Blocks that each query reads", map).axes("block", "query").describedAs(
                "Dark: read. Pale: whole and not read. White: not whole yet, so that no query sees a part of its own block this way."));

        var lengths = new double[12];
        double[] kept = new double[12], all = new double[12], work = new double[12], dense = new double[12];
        for (int i = 0; i < 12; i++) {
            long n = 256L << i;
            lengths[i] = n;
            kept[i] = config.cached(n);
            all[i] = n;
            work[i] = config.multiplications(n) / (double) n;
            dense[i] = 2.0 * config.heads() * config.headWidth() * (n + 1) / 2;
        }
        lab.figure(Figure.line("What is kept", lengths, all).named("every key and value").line("compressed, window and rest", lengths, kept)
                .logX().logY().axes("tokens", "entries")
                .describedAs("Kept entries of keys and values against the length: one in " + block + ", and a window."));
        lab.figure(Figure.line("Attention's work for a token", lengths, dense).named("dense, mean")
                .line("blocks read and window", lengths, work).logX().logY().axes("tokens", "multiplications")
                .describedAs("Scores and values alone; the scorer still looks at every block, with few and narrow heads."));

        var state = layer.start();
        var parts = new ArrayList<Tensor>();
        Autograd.noGrad(() -> {
            for (int t = 0; t < length; t++) parts.add(layer.forward(x.narrow(1, t, 1), state, Pass.inference()));
        });
        double gap = Tensor.concat(1, parts.toArray(Tensor[]::new)).sub(layer.forward(x)).abs().max().item();
        lab.table("Kept of " + length + " tokens", List.of("entries", "window", "waiting"),
                List.of(List.of(state.compressed(), state.windowed(), state.raw())));
        lab.say("Token by token it finds what it finds at once, to %.1e.", gap);
        lab.shows("blocks read before they are whole", broken, equalTo(0, 0));
        lab.shows("token by token, largest distance from one pass", gap, below(1e-4));
        lab.shows("entries kept, less the closed form", state.entries() - config.cached(length), equalTo(0, 0));
        lab.shows("entries kept over those of a dense cache", (double) config.cached(1 << 16) / (1 << 16), atMost(1.0 / block + 0.01));
    }
}
