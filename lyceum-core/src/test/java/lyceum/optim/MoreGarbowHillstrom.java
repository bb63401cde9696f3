package lyceum.optim;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.tensor.Tensor;

/**
 * The thirty-five sums of squares by which minimisers have been compared since 1981, in the order and with the starts of their paper; where it leaves
 * the size open, mostly of ten variables. A function of all variables x, or of x[0], x[1], .. by themselves, gives the residuals.
 *
 * @see <a href="https://doi.org/10.1145/355934.355936">More, Garbow and Hillstrom (1981)</a>
 */
record MoreGarbowHillstrom(String name, double[] start, UnaryOperator<Tensor> residuals) {

    /** The residuals from the variables one by one. */
    private interface Each {
        Tensor of(Tensor... x);
    }

    UnaryOperator<Tensor> sumOfSquares() { return x -> residuals.apply(x).square().sum(); }

    static List<MoreGarbowHillstrom> all() {
        return List
                .of(each("rosenbrock", start(-1.2, 1), x -> join(x[1].sub(x[0].square()).mul(10), x[0].rsub(1))),
                        each("freudenstein and roth", start(0.5, -2),
                                x -> join(x[0].sub(13).add(x[1].rsub(5).mul(x[1]).sub(2).mul(x[1])),
                                        x[0].sub(29).add(x[1].add(1).mul(x[1]).sub(14).mul(x[1])))),
                        each("powell badly scaled", start(0, 1),
                                x -> join(x[0].mul(x[1]).mul(1e4).sub(1), x[0].neg().exp().add(x[1].neg().exp()).sub(1.0001))),
                        each("brown badly scaled", start(1,
                                1), x -> join(x[0].sub(1e6), x[1].sub(2e-6), x[0].mul(x[1]).sub(2))),
                        each("beale", start(1, 1), x -> join(x[1].rsub(1).mul(x[0]).rsub(1.5), x[1].square().rsub(1).mul(x[0]).rsub(2.25),
                                x[1].pow(3).rsub(1).mul(x[0]).rsub(2.625))),
                        each("jennrich and sampson", start(0.3, 0.4), x -> {
                            var i = range(1, 10);
                            return i.mul(2).add(2).sub(i.mul(x[0]).exp().add(i.mul(x[1]).exp()));
                        }), each("helical valley", start(-1, 0, 0), MoreGarbowHillstrom::helix), each("bard", start(1, 1, 1), x -> {
                            Tensor u = range(1, 15), v = u.rsub(16), w = u.minimum(v);
                            return Tensor.of(0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39)
                                    .sub(u.div(v.mul(x[1]).add(w.mul(x[2]))).add(x[0]));
                        }), each("gaussian", start(0.4, 1, 0), x -> {
                            var t = range(1, 15).rsub(8).div(2);
                            return t.sub(x[2]).square().mul(x[1]).div(-2).exp().mul(x[0]).sub(Tensor.of(0.0009, 0.0044, 0.0175, 0.0540,
                                    0.1295, 0.2420, 0.3521, 0.3989, 0.3521, 0.2420, 0.1295, 0.0540, 0.0175, 0.0044, 0.0009));
                        }), each("meyer", start(0.02, 4000, 250), x -> {
                            var t = range(1, 16).mul(5).add(45);
                            return x[1].div(t.add(x[2])).exp().mul(x[0]).sub(Tensor.of(34780.0, 28610, 23650, 19630, 16370, 13720, 11540,
                                    9744, 8261, 7030, 6005, 5147, 4427, 3820, 3307, 2872));
                        }), each("gulf", start(5, 2.5, 0.15), x -> {
                            Tensor t = range(1, 99).div(100), y = t.log().mul(-50).pow(2.0 / 3).add(25);
                            return y.sub(x[1]).abs().pow(x[2]).div(x[0]).neg().exp().sub(t);
                        }), each("box", start(0, 10, 20), x -> {
                            var t = range(1, 10).mul(0.1);
                            return decay(t, x[0]).sub(decay(t, x[1])).sub(t.neg().exp().sub(t.mul(-10).exp()).mul(x[2]));
                        }), new MoreGarbowHillstrom("powell singular", start(3, -1, 0, 1), MoreGarbowHillstrom::powell),
                        each("wood", start(-3, -1, -3, -1),
                                x -> join(x[1].sub(x[0].square()).mul(10), x[0].rsub(1), x[3].sub(x[2].square()).mul(Math.sqrt(90)),
                                        x[2].rsub(1), x[1].add(x[3]).sub(2).mul(Math.sqrt(10)), x[1].sub(x[3]).div(Math.sqrt(10)))),
                        each("kowalik and osborne", start(0.25, 0.39, 0.415, 0.39), x -> {
                            var u = Tensor.of(4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625);
                            return Tensor.of(0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246)
                                    .sub(u.square().add(u.mul(x[1])).mul(x[0]).div(u.square().add(u.mul(x[2])).add(x[3])));
                        }), each("brown and dennis", start(25, 5, -5, -1), x -> {
                            var t = range(1, 20).div(5);
                            return t.mul(x[1]).add(x[0]).sub(t.exp()).square().add(t.sin().mul(x[3]).add(x[2]).sub(t.cos()).square());
                        }), each("osborne 1", start(0.5, 1.5, -1, 0.01, 0.02), x -> {
                            var t = range(0, 32).mul(10);
                            return Tensor
                                    .of(0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818, 0.784, 0.751, 0.718, 0.685, 0.658,
                                            0.628, 0.603, 0.580, 0.558, 0.538, 0.522, 0.506, 0.490, 0.478, 0.467, 0.457, 0.448, 0.438,
                                            0.431, 0.424, 0.420, 0.414, 0.411, 0.406)
                                    .sub(decay(t, x[3]).mul(x[1]).add(x[0]).add(decay(t, x[4]).mul(x[2])));
                        }), each("biggs", start(1, 2, 1, 1, 1, 1), x -> {
                            var t = range(1, 13).mul(0.1);
                            var y = t.neg().exp().sub(t.mul(-10).exp().mul(5)).add(t.mul(-4).exp().mul(3));
                            return decay(t, x[0]).mul(x[2]).sub(decay(t, x[1]).mul(x[3])).add(decay(t, x[4]).mul(x[5])).sub(y);
                        }), each("osborne 2", start(1.3, 0.65, 0.65, 0.7, 0.6, 3, 5, 7, 2, 4.5, 5.5), MoreGarbowHillstrom::fourPeaks),
                        new MoreGarbowHillstrom("watson", new double[6], MoreGarbowHillstrom::watson),
                        new MoreGarbowHillstrom("extended rosenbrock", start(10, i -> i % 2 == 0 ? -1.2 : 1), x -> {
                            Tensor odd = x.reshape(5, 2).select(1, 0), even = x.reshape(5, 2).select(1, 1);
                            return join(even.sub(odd.square()).mul(10), odd.rsub(1));
                        }),
                        new MoreGarbowHillstrom("extended powell", start(12, i -> new double[] {3, -1, 0, 1}[i % 4]),
                                MoreGarbowHillstrom::powell),
                        new MoreGarbowHillstrom("penalty 1", start(10, i -> i + 1),
                                x -> join(x.sub(1).mul(Math.sqrt(1e-5)), x.square().sum().sub(0.25))),
                        new MoreGarbowHillstrom("penalty 2", start(10, i -> 0.5), MoreGarbowHillstrom::penalty),
                        new MoreGarbowHillstrom("variably dimensioned", start(10, i -> 1 - (i + 1) / 10.0), x -> {
                            var s = range(1, 10).mul(x.sub(1)).sum();
                            return join(x.sub(1), s, s.square());
                        }),
                        new MoreGarbowHillstrom("trigonometric", start(10, i -> 0.1),
                                x -> x.cos().sum().rsub(10).add(x.cos().rsub(1).mul(range(1, 10))).sub(x.sin())),
                        new MoreGarbowHillstrom("brown almost linear", start(10, i -> 0.5),
                                x -> join(x.narrow(0, 0, 9).add(x.sum()).sub(11), x.prod(0).sub(1))),
                        new MoreGarbowHillstrom("discrete boundary value", start(10, i -> (i + 1) / 11.0 * ((i + 1) / 11.0 - 1)), x -> {
                            var t = range(1, 10).div(11);
                            return x.mul(2).sub(shifted(x, -1)).sub(shifted(x, 1)).add(x.add(t).add(1).pow(3).div(2 * 121));
                        }),
                        new MoreGarbowHillstrom("discrete integral equation", start(10, i -> (i + 1) / 11.0 * ((i + 1) / 11.0 - 1)), x -> {
                            var t = range(1, 10).div(11);
                            var kernel = Tensor.of(matrix(10,
                                    (i, j) -> j <= i ? (1 - (i + 1) / 11.0) * (j + 1) / 11.0 : (i + 1) / 11.0 * (1 - (j + 1) / 11.0)));
                            return x.add(kernel.matmul(x.add(t).add(1).pow(3)).div(22));
                        }),
                        new MoreGarbowHillstrom("broyden tridiagonal", start(10, i -> -1),
                                x -> x.mul(-2).add(3).mul(x).sub(shifted(x, -1)).sub(shifted(x, 1).mul(2)).add(1)),
                        new MoreGarbowHillstrom("broyden banded", start(10, i -> -1), x -> {
                            var band = Tensor.of(matrix(10, (i, j) -> j != i && j >= i - 5 && j <= i + 1 ? 1 : 0));
                            return x.square().mul(5).add(2).mul(x).add(1).sub(band.matmul(x.add(1).mul(x)));
                        }),
                        new MoreGarbowHillstrom("linear of full rank", start(5, i -> 1),
                                x -> join(x, Tensor.zeros(DType.F64, 5)).sub(x.sum().mul(0.2)).sub(1)),
                        new MoreGarbowHillstrom("linear of rank 1", start(5, i -> 1), x -> range(1, 10).mul(range(1, 5).dot(x)).sub(1)),
                        new MoreGarbowHillstrom("linear of rank 1 with zeros", start(5, i -> 1),
                                x -> join(Tensor.of(0.0), range(1, 8).mul(Tensor.of(0.0, 2, 3, 4, 0).dot(x)), Tensor.of(0.0)).sub(1)),
                        new MoreGarbowHillstrom("chebyquad", start(8, i -> (i + 1) / 9.0), MoreGarbowHillstrom::chebyquad));
    }

    private static double[] start(double... x) { return x; }

    private static double[] start(int n, IntToDoubleFunction at) { return IntStream.range(0, n).mapToDouble(at).toArray(); }

    private static MoreGarbowHillstrom each(String name, double[] start, Each residuals) {
        return new MoreGarbowHillstrom(name, start,
                x -> residuals.of(IntStream.range(0, start.length).mapToObj(i -> x.select(0, i)).toArray(Tensor[]::new)));
    }

    private static Tensor range(int from, int to) { return Tensor.of(IntStream.rangeClosed(from, to).asDoubleStream().toArray()); }

    private static Tensor join(Tensor... parts) {
        return Tensor.concat(0, Arrays.stream(parts).map(p -> p.reshape(-1)).toArray(Tensor[]::new));
    }

    /** {@code exp(-rate t)}. */
    private static Tensor decay(Tensor t, Tensor rate) { return t.mul(rate).neg().exp(); }

    /** The neighbour before or behind each entry, 0 beyond the ends. */
    private static Tensor shifted(Tensor x, int by) {
        var zero = Tensor.zeros(DType.F64, 1);
        long n = x.size(0);
        return by < 0 ? Tensor.concat(0, zero, x.narrow(0, 0, n - 1)) : Tensor.concat(0, x.narrow(0, 1, n - 1), zero);
    }

    private interface Entry {
        double at(int i, int j);
    }

    private static double[][] matrix(int n, Entry entry) {
        var a = new double[n][n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) a[i][j] = entry.at(i, j);
        return a;
    }

    private static Tensor helix(Tensor... x) {
        var turn = x[1].div(x[0]).atan().div(2 * Math.PI);
        var angle = x[0].detach().lt(0).where(turn.add(0.5), turn);
        return join(x[2].sub(angle.mul(10)).mul(10), x[0].square().add(x[1].square()).sqrt().sub(1).mul(10), x[2]);
    }

    private static Tensor powell(Tensor x) {
        var rows = x.reshape(-1, 4);
        Tensor a = rows.select(1, 0), b = rows.select(1, 1), c = rows.select(1, 2), d = rows.select(1, 3);
        return join(a.add(b.mul(10)), c.sub(d).mul(Math.sqrt(5)), b.sub(c.mul(2)).square(), a.sub(d).square().mul(Math.sqrt(10)));
    }

    private static Tensor fourPeaks(Tensor... x) {
        var t = range(0, 64).div(10);
        var sum = decay(t, x[4]).mul(x[0]);
        for (int i = 1; i < 4; i++) sum = sum.add(decay(t.sub(x[7 + i]).square(), x[4 + i]).mul(x[i]));
        return Tensor.of(1.366, 1.191, 1.112, 1.013, .991, .885, .831, .847, .786, .725, .746, .679, .608, .655, .616, .606, .602, .626,
                .651, .724, .649, .649, .694, .644, .624, .661, .612, .558, .533, .495, .500, .423, .395, .375, .372, .391, .396, .405,
                .428, .429, .523, .562, .607, .653, .672, .708, .633, .668, .645, .632, .591, .559, .597, .625, .739, .710, .729, .720,
                .636, .581, .428, .292, .162, .098, .054).sub(sum);
    }

    private static Tensor watson(Tensor x) {
        double[][] value = new double[29][6], slope = new double[29][6];
        for (int i = 0; i < 29; i++) for (int j = 0; j < 6; j++) {
            double t = (i + 1) / 29.0;
            value[i][j] = Math.pow(t, j);
            slope[i][j] = j == 0 ? 0 : j * Math.pow(t, j - 1);
        }
        Tensor first = x.select(0, 0), second = x.select(0, 1);
        return join(Tensor.of(slope).matmul(x).sub(Tensor.of(value).matmul(x).square()).sub(1), first, second.sub(first.square()).sub(1));
    }

    private static Tensor penalty(Tensor x) {
        Tensor i = range(2, 10), grown = x.div(10).exp(), later = grown.narrow(0, 1, 9);
        double root = Math.sqrt(1e-5);
        return join(x.select(0, 0).sub(0.2), later.add(grown.narrow(0, 0, 9)).sub(i.div(10).exp().add(i.sub(1).div(10).exp())).mul(root),
                later.sub(Math.exp(-0.1)).mul(root), range(1, 10).rsub(11).dot(x.square()).sub(1));
    }

    private static Tensor chebyquad(Tensor x) {
        Tensor u = x.mul(2).sub(1), before = x.onesLike(), now = u;
        var residuals = new Tensor[8];
        for (int i = 1; i <= 8; i++) {
            residuals[i - 1] = now.mean().sub(i % 2 == 0 ? -1.0 / (i * i - 1) : 0);
            var next = u.mul(now).mul(2).sub(before);
            before = now;
            now = next;
        }
        return join(residuals);
    }
}
