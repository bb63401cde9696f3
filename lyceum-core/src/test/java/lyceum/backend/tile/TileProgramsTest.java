package lyceum.backend.tile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import lyceum.backend.Op;
import lyceum.random.Rng;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The compiler against the interpreter, beyond the kernels that people write. */
class TileProgramsTest {
    private static final int N = 4096;

    @Test
    @Tag("slow") void randomKernelsCompileToWhatTheyMean() {
        var gap = Gap.overLargest();
        for (int seed = 0; seed < 300; seed++) {
            var rng = Rng.of(33_800 + seed);
            compare(gap, "seed " + seed, k -> random(k, rng));
        }
        assertThat(gap.worst()).as(gap.toString()).isLessThan(2e-5);
    }

    /** Runs {@code body}, whose parameters are x, y and out, twice. */
    private static void compare(Gap gap, String name, Consumer<TileBuilder> body) {
        var kernel = TileKernel.of(name, body);
        float[] x = TileCases.numbers(Rng.of(1), N), y = TileCases.numbers(Rng.of(2), N), out = new float[N], interpreted = new float[N];
        kernel.bind(new int[] {2, 2}, x, y, interpreted).run(TileDevice.named("interpreter"));
        try {
            kernel.bind(new int[] {2, 2}, x, y, out).run(TileDevice.named("vector"));
        } catch (RuntimeException | Error e) {
            throw new AssertionError(kernel.toString(), e);
        }
        double[] actual = new double[N], expected = new double[N];
        for (int i = 0; i < N; i++) {
            actual[i] = out[i];
            expected[i] = interpreted[i];
        }
        double before = gap.worst();
        gap.see(name, actual, expected);
        assertThat(gap.worst()).as(() -> gap + "\n" + kernel).isLessThan(Math.max(2e-5, before * 1.0001));
    }

    private static void random(TileBuilder k, Rng rng) {
        TileBuffer x = k.buffer("x"), y = k.buffer("y"), out = k.buffer("out");
        int rows = 1 + rng.nextInt(9), columns = rng.nextInt(4) == 0 ? 1 : 2 + rng.nextInt(40);
        Tile start = k.programId(0).add(k.programId(1).mul(2)).mul(1024);
        var tiles = new ArrayList<Tile>();
        for (int i = 0; i < 3; i++) tiles.add(load(k, rng, rng.nextBoolean() ? x : y, start, rows, columns));
        steps(k, rng, tiles, x, start, 4 + rng.nextInt(10), 2);
        int at = 0;
        for (var tile : tiles.subList(Math.max(0, tiles.size() - 4), tiles.size())) {
            if (at + tile.rows() * tile.columns() > 1024) break;
            Tile i = k.rows(tile.rows()), j = k.columns(tile.columns());
            out.store(start.add(at).add(i.mul(tile.columns())).add(j), mask(k, rng, i, j), tile);
            at += tile.rows() * tile.columns();
        }
    }

    private static Tile load(TileBuilder k, Rng rng, TileBuffer from, Tile start, int rows, int columns) {
        Tile i = k.rows(rows), j = k.columns(columns);
        Tile offsets = switch (rng.nextInt(4)) {
            case 0 -> start.add(j.mul(rows)).add(i); // transposed
            case 1 -> start.add(i.mul(columns).add(j).mul(7).mod(k.constant(1021))); // scattered
            default -> start.add(i.mul(columns)).add(j);
        };
        return from.load(offsets, mask(k, rng, i, j), 0.25);
    }

    private static Tile mask(TileBuilder k, Rng rng, Tile i, Tile j) {
        Tile a = k.constant(rng.nextInt(12)), b = k.constant(rng.nextInt(40));
        return switch (rng.nextInt(6)) {
            case 0 -> i.lt(a).and(j.lt(b));
            case 1 -> j.ge(a).and(b.gt(j));
            case 2 -> i.le(j).and(j.le(b));
            case 3 -> j.mod(k.constant(3)).lt(2).or(i.eq(a));
            case 4 -> j.sub(i).gt(a.sub(5)).and(i.sub(j).ge(-20));
            default -> i.ge(0).and(j.ge(0));
        };
    }

    /** What is not continuous depends on the first three tiles, which are loaded and so the same to the last bit. */
    private static void steps(TileBuilder k, Rng rng, List<Tile> tiles, TileBuffer x, Tile start, int count, int loops) {
        for (int s = 0; s < count; s++) {
            Tile a = tiles.get(rng.nextInt(tiles.size())), b = tiles.get(rng.nextInt(tiles.size()));
            boolean fit = (a.rows() == b.rows() || a.rows() == 1 || b.rows() == 1)
                    && (a.columns() == b.columns() || a.columns() == 1 || b.columns() == 1);
            int kind = rng.nextInt(12);
            if (kind < 5 && !fit) continue;
            tiles.add(switch (kind) {
                case 0 -> a.add(b);
                case 1 -> a.mul(b).mul(0.5);
                case 2 -> a.max(b).sub(a.min(b).mul(0.3));
                case 3 -> tiles.get(0).lt(tiles.get(1)).where(tiles.get(2).add(1), tiles.get(0).neg());
                case 4 -> k.rows(Math.max(a.rows(), b.rows())).lt(k.columns(Math.max(a.columns(), b.columns()))).where(a.sub(b), 0.125);
                case 5 -> a.apply(new Op[] {Op.TANH, Op.SIGMOID, Op.ABS, Op.RELU}[rng.nextInt(4)]);
                case 6 -> rng.nextBoolean() ? a.largest(rng.nextInt(2)) : a.smallest(rng.nextInt(2));
                case 7 -> a.sub(1).sum(rng.nextInt(2)).mul(0.1);
                case 8 -> a.transpose();
                case 9 -> a.rows() > 1 ? a.tanh().dot(a.transpose()).mul(0.1) : a;
                case 10 -> x.load(start.add(tiles.get(2).max(-3).min(3).mul(50).toInt().add(200)));
                default -> loops > 0 ? loop(k, rng, tiles, x, start, loops) : a.add(k.columns(a.columns()).toFloat().mul(0.01));
            });
        }
    }

    private static Tile loop(TileBuilder k, Rng rng, List<Tile> tiles, TileBuffer x, Tile start, int loops) {
        Tile a = tiles.get(rng.nextInt(tiles.size())), b = tiles.get(rng.nextInt(tiles.size()));
        Tile from = k.constant(rng.nextInt(3)), to = k.programId(0).add(rng.nextInt(4));
        var results = k.loop(from, to, 1 + rng.nextInt(2), List.of(a, b, a), (i, carried) -> {
            var inner = new ArrayList<>(tiles);
            inner.addAll(carried);
            steps(k, rng, inner, x, start, 3, loops - 1);
            Tile last = inner.getLast();
            Tile p = carried.get(0), q = carried.get(1), r = carried.get(2);
            Tile more = last.sum(0).sum(1).apply(Op.TANH);
            return switch (rng.nextInt(4)) {
                case 0 -> List.of(p.mul(0.5).add(more), q.add(i.toFloat()), r);
                case 1 -> List.of(r, q, p); // swapped
                case 2 -> {
                    Tile both = p.mul(0.5).add(r);
                    yield List.of(both, q.sub(more), both.mul(0.5));
                }
                default -> List.of(r.mul(0.5), q.tanh(), p.mul(0.25).relu());
            };
        });
        tiles.addAll(results.subList(0, 2));
        return results.getLast();
    }

    /** Tiles that a loop carries are computed where they lie; not, if something has yet to read what they were. */
    @Test void aLoopsTilesDoNotOverwriteEachOther() {
        var kernel = TileKernel.of("fibonacci", k -> {
            var out = k.buffer("out");
            Tile i = k.columns(5), x = i.add(1).toFloat();
            var pair = k.loop(k.constant(0), k.constant(3), 1, List.of(x, x.mul(10)), (t, c) -> List.of(c.get(1), c.get(0))); // swapped three times
            out.store(i, pair.get(0));
            out.store(i.add(5), pair.get(1));
            var sums = k.loop(k.constant(0), k.constant(4), 1, List.of(x, x), (t, c) -> List.of(c.get(1), c.get(0).add(c.get(1))));
            out.store(i.add(10), sums.get(1)); // 1, 1, 2, 3, 5, 8 times x
            var read = k.loop(k.constant(0), k.constant(3), 1, List.of(x, x),
                    (t, c) -> List.of(c.get(0).mul(2), c.get(1).add(c.get(0).neg())));
            out.store(i.add(15), read.get(1)); // x - x - 2 x - 4 x
            out.store(i.add(20), k.loop(k.constant(2), k.constant(2), 1, x, (t, c) -> c.mul(3))); // no turn at all
        });
        for (var device : List.of("vector", "interpreter")) {
            var out = new float[25];
            kernel.bind(new int[] {1}, out).run(TileDevice.named(device));
            for (int j = 0; j < 5; j++) {
                float x = j + 1;
                assertThat(new float[] {out[j], out[5 + j], out[10 + j], out[15 + j], out[20 + j]}).as(device)
                        .isEqualTo(new float[] {10 * x, x, 8 * x, -6 * x, x});
            }
        }
    }

    @Test void wholeNumbersAreWhatJavaSaysTheyAre() {
        var kernel = TileKernel.of("whole numbers", k -> {
            var out = k.buffer("out");
            Tile i = k.columns(32).sub(16), three = k.constant(3);
            out.store(k.columns(32), i.floorDiv(three).toFloat());
            out.store(k.columns(32).add(32), i.mod(three).toFloat());
            out.store(k.columns(32).add(64), i.max(k.constant(-3)).min(k.constant(5)).toFloat());
            out.store(k.columns(32).add(96), i.toFloat().mul(0.7).toInt().toFloat());
        });
        for (var device : List.of("vector", "interpreter")) {
            var out = new float[128];
            kernel.bind(new int[] {1}, out).run(TileDevice.named(device));
            for (int j = 0; j < 32; j++) {
                int i = j - 16;
                assertThat(new float[] {out[j], out[32 + j], out[64 + j], out[96 + j]}).as(device + " " + i)
                        .isEqualTo(new float[] {Math.floorDiv(i, 3), Math.floorMod(i, 3), Math.clamp(i, -3, 5), (int) (i * 0.7f)});
            }
        }
    }
}
