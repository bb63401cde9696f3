package lyceum.tensor;

import java.util.ArrayList;
import java.util.List;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.tensor.FlashAttention.Fp8;
import lyceum.tensor.FlashAttention.Order;
import lyceum.tensor.FlashTiles.Block;
import lyceum.tensor.FlashTiles.Lines;
import lyceum.tensor.FlashTiles.Scratch;
import lyceum.tensor.FlashTiles.Sequence;

/** The forward pass of {@link FlashAttention}, in either order of its loops. */
final class FlashForward {
    private final FlashTiles tiles;
    private final FlashPrograms programs;
    private final View out, logSumExp;
    private final int width;
    private View numbers;

    FlashForward(FlashTiles tiles, View out, View logSumExp) {
        this.tiles = tiles;
        this.programs = FlashPrograms.of(tiles.wide);
        this.out = out;
        this.logSumExp = logSumExp;
        this.width = tiles.shape.valueWidth();
    }

    void run() {
        try (var scratch = tiles.scratch()) {
            numbers = tiles.numbers(scratch);
            if (tiles.how.order() == Order.KEYS_OUTER) keysOuter();
            else queriesOuter(scratch);
        }
    }

    /** The running softmax of a block: largest scores m, sums l, and the unnormalised O. */
    private static final class Sums {
        final View top, total, weighted;
        /** Tiles that are in it. */
        int steps;

        Sums(View top, View total, View weighted) {
            this.top = top;
            this.total = total;
            this.weighted = weighted;
            FlashTiles.fill(top, Double.NEGATIVE_INFINITY);
            FlashTiles.fill(total, 0);
        }
    }

    /** FA-2. */
    private void queriesOuter(Scratch outer) {
        var blocks = new ArrayList<Block>();
        int keys = 0;
        for (var sequence : tiles.sequences) {
            keys = Math.max(keys, sequence.keys());
            for (int h = 0; h < tiles.shape.heads(); h += tiles.stacked ? tiles.shape.group() : 1) blocks.addAll(tiles.blocks(sequence, h));
        }
        int splits = tiles.how.splitsOf(blocks.size(), keys);
        if (splits == 1) {
            each(blocks.size(), task -> {
                try (var scratch = tiles.scratch()) {
                    var block = blocks.get(task);
                    var sums = sums(block.count(), scratch, "");
                    over(block, sums, scratch, 0, Integer.MAX_VALUE);
                    finish(block, sums);
                }
            });
            return;
        }
        var parts = new Sums[blocks.size() * splits];
        for (int i = 0; i < parts.length; i++) parts[i] = sums(blocks.get(i / splits).count(), outer, "part " + i);
        each(parts.length, task -> {
            try (var scratch = tiles.scratch()) {
                var block = blocks.get(task / splits);
                int[] span = tiles.span(block);
                long n = span[1] - span[0], part = task % splits;
                over(block, parts[task], scratch, (int) (span[0] + n * part / splits), (int) (span[0] + n * (part + 1) / splits));
            }
        });
        each(blocks.size(), task -> {
            try (var scratch = tiles.scratch()) {
                for (int part = 1; part < splits; part++) merge(parts[task * splits], parts[task * splits + part], scratch);
                finish(blocks.get(task), parts[task * splits]);
            }
        });
    }

    interface Task {
        void run(int number);
    }

    /** Products inside a task stay on its thread where there are tasks enough. */
    static void each(int n, Task task) {
        Parallel.range(n, 1, (from, to) -> {
            for (long i = from; i < to; i++) {
                int number = (int) i;
                if (n >= 2 * Parallel.threads()) Parallel.sequentially(() -> task.run(number));
                else task.run(number);
            }
        });
    }

    private Sums sums(int rows, Scratch scratch, String name) {
        return new Sums(scratch.vector(name + " m", rows), scratch.vector(name + " l", rows), scratch.matrix(name + " O", rows, width));
    }

    /** The block meets the keys {@code from .. to - 1} of its sequence. */
    private void over(Block block, Sums sums, Scratch scratch, int from, int to) {
        var queries = tiles.queries(block, scratch);
        var lines = tiles.new Lines(block, scratch);
        int[] span = tiles.span(block);
        int end = Math.min(to, span[1]), step = tiles.how.keyTile();
        var runs = new ArrayList<int[]>();
        for (int j = Math.max(from, span[0]), next; j < end; j = next) {
            next = Math.min(end, j - j % step + step);
            var some = tiles.runs(block, j, next);
            for (int i = 0; i < some.length; i += 2) runs.add(new int[] {some[i], some[i + 1]});
        }
        boolean ahead = tiles.how.pipelined();
        View scores = null;
        for (int r = 0; r < runs.size(); r++) {
            int[] run = runs.get(r);
            if (!ahead || r == 0) scores = scores(lines, queries, scratch, run, "scores " + r % (ahead ? 2 : 1));
            var now = scores;
            if (ahead && r + 1 < runs.size()) scores = scores(lines, queries, scratch, runs.get(r + 1), "scores " + (r + 1) % 2);
            var values = tiles.load(tiles.keys(tiles.v, block.in(), block.head(), run[0], run[1]), scratch, "v");
            step(sums, now, values, scratch);
        }
    }

    private View scores(Lines lines, View queries, Scratch scratch, int[] run, String name) {
        var block = lines.block;
        var keys = tiles.load(tiles.keys(tiles.k, block.in(), block.head(), run[0], run[1]), scratch, "k");
        var scores = scratch.matrix(name, block.count(), run[1] - run[0]);
        lines.scores(queries, keys, run[0], numbers, null, scores);
        return scores;
    }

    /** One tile's part: m, l and O become m', l' and O'. */
    private void step(Sums o, View scores, View values, Scratch scratch) {
        int rows = (int) scores.shape()[0], n = (int) scores.shape()[1];
        View weights = scratch.matrix("P", rows, n), top = scratch.vector("m'", rows), sum = scratch.vector("rowsum", rows),
                factor = scratch.vector("shrink", rows);
        tiles.backend.run(programs.softmax, views(scores, FlashTiles.across(o.top, n)),
                views(weights, FlashTiles.across(top, n), FlashTiles.across(sum, n)));
        if (tiles.how.fp8() != Fp8.NONE) round(weights);
        if (tiles.how.order() == Order.KEYS_OUTER) {
            var inverse = scratch.vector("1 / l'", rows);
            tiles.backend.run(programs.normalised, views(o.top, top, o.total, sum), views(factor, o.total, inverse));
            tiles.backend.matmul(weights, values, programs.mix,
                    views(o.weighted, FlashTiles.across(factor, width), FlashTiles.across(inverse, width)), o.weighted);
            tiles.rescaled(2L * rows); // what was there, and what comes
        } else {
            tiles.backend.run(programs.shrink, views(o.top, top, o.total, sum), views(factor, o.total));
            if (o.steps == 0) {
                tiles.backend.matmul(weights, values, o.weighted);
            } else if (changes(factor)) {
                tiles.backend.matmul(weights, values, programs.shrinkAndAdd, views(FlashTiles.across(factor, width), o.weighted),
                        o.weighted);
                tiles.rescaled(rows);
            } else {
                tiles.backend.matmul(weights, values, programs.add, views(o.weighted), o.weighted);
            }
        }
        copy(top, o.top);
        o.steps++;
    }

    /** Whether a largest score has grown. */
    private static boolean changes(View factor) {
        for (int i = 0; i < factor.shape()[0]; i++) if (FlashTiles.get(factor, i) != 1) return true;
        return false;
    }

    private static void round(View weights) {
        var all = weights.with(new long[] {weights.size()}, new long[] {1});
        for (int i = 0; i < weights.size(); i++) FlashTiles.set(all, i, Fp8Operands.weight(FlashTiles.get(all, i)));
    }

    private static void copy(View from, View to) {
        for (int i = 0; i < from.shape()[0]; i++) FlashTiles.set(to, i, FlashTiles.get(from, i));
    }

    /** {@code a} becomes what it would be, had it met the keys of {@code b} too. */
    private void merge(Sums a, Sums b, Scratch scratch) {
        if (b.steps == 0) return;
        int rows = (int) a.top.shape()[0];
        if (a.steps == 0) zero(a.weighted);
        View x = flat(a.weighted), y = flat(b.weighted);
        for (int i = 0; i < rows; i++) {
            double before = FlashTiles.get(a.top, i), other = FlashTiles.get(b.top, i), top = Math.max(before, other);
            double mine = before == top ? 1 : Math.exp(before - top), its = other == top ? 1 : Math.exp(other - top);
            for (int at = i * width; at < (i + 1) * width; at++)
                FlashTiles.set(x, at, mine * FlashTiles.get(x, at) + its * FlashTiles.get(y, at));
            FlashTiles.set(a.total, i, mine * FlashTiles.get(a.total, i) + its * FlashTiles.get(b.total, i));
            FlashTiles.set(a.top, i, top);
        }
        tiles.rescaled(2L * rows);
        a.steps += b.steps;
    }

    private static View flat(View matrix) { return matrix.with(new long[] {matrix.size()}, new long[] {1}); }

    private static void zero(View matrix) { FlashTiles.fill(flat(matrix), 0); }

    /** The one division, and the result to where it belongs, as the log-sum-exp if it is asked for. */
    private void finish(Block block, Sums sums) {
        if (sums.steps == 0) zero(sums.weighted);
        var result = tiles.rows(out, block);
        if (tiles.how.order() == Order.QUERIES_OUTER && sums.steps > 0) {
            tiles.backend.run(programs.divide(out.dtype()), views(sums.weighted, FlashTiles.across(sums.total, width)), views(result));
            tiles.rescaled(block.count());
            tiles.countStore(result);
        } else {
            tiles.store(sums.weighted, result);
        }
        if (logSumExp == null) return;
        var line = tiles.line(logSumExp, block);
        tiles.backend.run(programs.logSumExp, views(sums.top, sums.total), views(line));
        tiles.countStore(line);
    }

    /** FA-1: each tile of keys meets all blocks of queries, whose m, l and O are loaded and stored again. */
    private void keysOuter() {
        int step = tiles.stacked ? tiles.shape.group() : 1, heads = tiles.shape.heads() / step;
        each(tiles.sequences.size() * heads, task -> {
            try (var scratch = tiles.scratch()) {
                keysOuter(tiles.sequences.get(task / heads), task % heads * step, scratch);
            }
        });
    }

    private void keysOuter(Sequence in, int head, Scratch scratch) {
        List<Block> blocks = tiles.blocks(in, head);
        var sums = new Sums[blocks.size()];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = sums(blocks.get(i).count(), scratch, "block " + i);
            zero(sums[i].weighted);
        }
        for (int j = 0; j < in.keys(); j += tiles.how.keyTile()) {
            int end = Math.min(in.keys(), j + tiles.how.keyTile());
            View keys = null, values = null;
            for (int i = 0; i < sums.length; i++) {
                var block = blocks.get(i);
                int[] runs = tiles.runs(block, j, end);
                if (runs.length == 0) continue;
                if (keys == null) {
                    keys = tiles.load(tiles.keys(tiles.k, in, head, j, end), scratch, "k");
                    values = tiles.load(tiles.keys(tiles.v, in, head, j, end), scratch, "v");
                }
                var queries = tiles.queries(block, scratch);
                for (var view : views(sums[i].top, sums[i].total, sums[i].weighted)) tiles.countLoad(view);
                var lines = tiles.new Lines(block, scratch);
                for (int r = 0; r < runs.length; r += 2) {
                    var scores = scratch.matrix("scores", block.count(), runs[r + 1] - runs[r]);
                    lines.scores(queries, part(keys, runs[r] - j, runs[r + 1] - j), runs[r], numbers, null, scores);
                    step(sums[i], scores, part(values, runs[r] - j, runs[r + 1] - j), scratch);
                }
                for (var view : views(sums[i].top, sums[i].total, sums[i].weighted)) tiles.countStore(view);
            }
        }
        for (int i = 0; i < sums.length; i++) finish(blocks.get(i), sums[i]);
    }

    /** Rows {@code from .. to - 1}. */
    private static View part(View tile, int from, int to) {
        return new View(tile.dtype(), tile.storage(), tile.offset() + from * tile.strides()[0], new long[] {to - from, tile.shape()[1]},
                tile.strides());
    }

    private static View[] views(View... views) { return views; }
}
