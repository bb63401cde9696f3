package lyceum.tensor;

import java.util.ArrayList;
import lyceum.backend.Backend.Reduction;
import lyceum.backend.Parallel;
import lyceum.backend.ProgramBuilder;
import lyceum.backend.View;
import lyceum.tensor.FlashTiles.Block;
import lyceum.tensor.FlashTiles.Lines;
import lyceum.tensor.FlashTiles.Scratch;
import lyceum.tensor.FlashTiles.Sequence;

/**
 * The backward pass of {@link FlashAttention}: weights once more from each row's log-sum-exp, {@code P = exp(S - lse)}; then {@code dV = P' dO},
 * {@code dS = P (dO V' - delta)} with {@code delta = rowsum(dO O)}, {@code dQ = scale dS K}, {@code dK = dS' (scale Q)}. Blocks of queries give dQ, tiles of keys
 * dK and dV: seven products in place of five, and no two tasks add to one place.
 */
final class FlashBackward {
    private final FlashTiles tiles;
    private final FlashPrograms programs;
    private final View out, logSumExp, g;
    private View numbers, delta, closed;

    FlashBackward(FlashTiles tiles, View out, View logSumExp, View g) {
        this.tiles = tiles;
        this.programs = FlashPrograms.of(tiles.wide);
        this.out = out;
        this.logSumExp = logSumExp;
        this.g = g;
    }

    /** @param dq gets the gradient by q; likewise dk and dv */
    void run(View dq, View dk, View dv) {
        try (var scratch = tiles.scratch()) {
            var shape = tiles.shape;
            int rows = shape.batch() * shape.heads() * shape.queries();
            numbers = tiles.numbers(scratch);
            closed = scratch.vector("lse", rows);
            delta = scratch.vector("delta", rows);
            tiles.backend.run(programs.closed, new View[] {logSumExp.with(new long[] {rows}, new long[] {1})}, new View[] {closed});
            var blocks = new ArrayList<Block>();
            for (var in : tiles.sequences)
                for (int h = 0; h < shape.heads(); h += tiles.stacked ? shape.group() : 1) blocks.addAll(tiles.blocks(in, h));
            FlashForward.each(blocks.size(), task -> queries(blocks.get(task), dq));
            record Keys(Sequence in, int head, int from, int to) {}
            var parts = new ArrayList<Keys>();
            for (var in : tiles.sequences)
                for (int h = 0; h < shape.keyHeads(); h++)
                    for (int j = 0; j < in.keys(); j += tiles.how.keyTile())
                        parts.add(new Keys(in, h, j, Math.min(in.keys(), j + tiles.how.keyTile())));
            for (var in : tiles.sequences)
                if (tiles.options.packing() == null && in.keys() < shape.keys()) for (int h = 0; h < shape.heads(); h += shape.group())
                    for (var gradient : new View[] {dk, dv}) zero(tiles.keys(gradient, in, h, in.keys(), shape.keys()));
            FlashForward.each(parts.size(), task -> {
                var part = parts.get(task);
                keys(part.in, part.head, part.from, part.to, dk, dv);
            });
        }
    }

    /** A block of queries, scaled, with what all its tiles need. */
    private final class Rows {
        final Lines lines;
        final View q, g, lse, delta;
        private final Scratch scratch;

        Rows(Block block, Scratch scratch) {
            this.scratch = scratch;
            lines = tiles.new Lines(block, scratch);
            q = tiles.queries(block, scratch);
            g = tiles.load(tiles.rows(FlashBackward.this.g, block), scratch, "dO");
            lse = tiles.line(closed, block);
            delta = tiles.line(FlashBackward.this.delta, block);
        }

        /** P and dS of a run of keys, into scratch of these names. */
        void weights(View keys, View values, int first) {
            int n = (int) keys.shape()[0];
            View weights = scratch.matrix("P", lines.block.count(), n), gradient = scratch.matrix("dS", lines.block.count(), n);
            lines.scores(q, keys, first, numbers, lse, weights);
            tiles.backend.matmul(g, transposed(values), programs.scoreGradient, new View[] {weights, FlashTiles.across(delta, n)},
                    gradient);
        }
    }

    private static View transposed(View x) {
        return x.with(new long[] {x.shape()[1], x.shape()[0]}, new long[] {x.strides()[1], x.strides()[0]});
    }

    private void queries(Block block, View dq) {
        try (var scratch = tiles.scratch()) {
            var rows = new Rows(block, scratch);
            var result = tiles.load(tiles.rows(out, block), scratch, "O");
            tiles.backend.reduce(Reduction.SUM, programs.product, new View[] {rows.g, result}, new boolean[] {false, true}, rows.delta);
            var sums = scratch.matrix("dQ", block.count(), tiles.shape.width());
            FlashTiles.fill(flat(sums), 0);
            int[] span = tiles.span(block);
            int step = tiles.how.keyTile();
            for (int j = span[0], next; j < span[1]; j = next) {
                next = Math.min(span[1], j - j % step + step);
                int[] runs = tiles.runs(block, j, next);
                for (int r = 0; r < runs.length; r += 2) {
                    var keys = tiles.load(tiles.keys(tiles.k, block.in(), block.head(), runs[r], runs[r + 1]), scratch, "k");
                    var values = tiles.load(tiles.keys(tiles.v, block.in(), block.head(), runs[r], runs[r + 1]), scratch, "v");
                    rows.weights(keys, values, runs[r]);
                    add(scratch.matrix("dS", block.count(), runs[r + 1] - runs[r]), keys, sums);
                }
            }
            tiles.store(tiles.scaled(sums, sums, scratch), tiles.rows(dq, block));
        }
    }

    /** All query heads that read key head {@code head}, at some of its keys. */
    private void keys(Sequence in, int head, int from, int to, View dk, View dv) {
        try (var scratch = tiles.scratch()) {
            int group = tiles.shape.group();
            var keys = tiles.load(tiles.keys(tiles.k, in, head * group, from, to), scratch, "k");
            var values = tiles.load(tiles.keys(tiles.v, in, head * group, from, to), scratch, "v");
            View keySums = scratch.matrix("dK", to - from, tiles.shape.width()),
                    valueSums = scratch.matrix("dV", to - from, tiles.shape.valueWidth());
            FlashTiles.fill(flat(keySums), 0);
            FlashTiles.fill(flat(valueSums), 0);
            for (int h = head * group; h < (head + 1) * group; h += tiles.stacked ? group : 1) {
                for (var block : tiles.blocks(in, h)) {
                    int[] runs = tiles.runs(block, from, to);
                    if (runs.length == 0) continue;
                    var rows = new Rows(block, scratch);
                    for (int r = 0; r < runs.length; r += 2) {
                        int first = runs[r] - from, n = runs[r + 1] - runs[r];
                        rows.weights(part(keys, first, n), part(values, first, n), runs[r]);
                        add(transposed(scratch.matrix("P", block.count(), n)), rows.g, part(valueSums, first, n));
                        add(transposed(scratch.matrix("dS", block.count(), n)), rows.q, part(keySums, first, n));
                    }
                }
            }
            tiles.store(keySums, tiles.keys(dk, in, head * group, from, to));
            tiles.store(valueSums, tiles.keys(dv, in, head * group, from, to));
        }
    }

    private void add(View a, View b, View to) { tiles.backend.matmul(a, b, programs.add, new View[] {to}, to); }

    /** Keys beyond the length of their batch entry. */
    private void zero(View gradient) {
        var p = new ProgramBuilder();
        tiles.backend.run(p.build(p.constant(gradient.dtype(), 0)), new View[0], new View[] {gradient});
    }

    private static View part(View tile, int from, int n) {
        return new View(tile.dtype(), tile.storage(), tile.offset() + from * tile.strides()[0], new long[] {n, tile.shape()[1]},
                tile.strides());
    }

    private static View flat(View matrix) { return matrix.with(new long[] {matrix.size()}, new long[] {1}); }
}
