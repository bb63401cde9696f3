package lyceum.autograd;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.MatrixCalculus.Drawing;
import lyceum.autograd.MatrixCalculus.Identity;
import lyceum.autograd.MatrixCalculus.Instance;
import lyceum.linalg.Linalg;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The catalogue of {@link MatrixCalculus}: losses in operations that autodiff knows, gradients by the books' formulas. */
final class MatrixIdentities {
    static final List<Identity> ALL = all();

    private MatrixIdentities() {}

    private static Tensor draw(Rng rng, long... shape) { return Tensor.randn(rng, DType.F64, shape).compute(); }

    /** Well away from singular matrices, and not symmetric. */
    private static Tensor regular(Rng rng, int n) { return draw(rng, n, n).mul(0.5).add(Tensor.eye(DType.F64, n).mul(2)).compute(); }

    private static Tensor positive(Rng rng, int n) {
        var a = draw(rng, n, n);
        return a.matmul(a.transpose()).mul(0.3).add(Tensor.eye(DType.F64, n)).compute();
    }

    private static Tensor t(Tensor x) { return x.transpose(); }

    private static Tensor inverse(Tensor x) { return Linalg.inverse(x); }

    private static Instance of(Tensor x, UnaryOperator<Tensor> loss, UnaryOperator<Tensor> gradient) {
        return new Instance(x, loss, gradient);
    }

    private static List<Identity> all() {
        var list = new ArrayList<Identity>();
        linear(list);
        quadratic(list);
        inverses(list);
        spectra(list);
        learning(list);
        return List.copyOf(list);
    }

    private static void add(List<Identity> list, String loss, String gradient, Drawing drawing) {
        list.add(new Identity(loss, gradient, false, drawing));
    }

    private static void addSymmetric(List<Identity> list, String loss, String gradient, Drawing drawing) {
        list.add(new Identity(loss, gradient, true, drawing));
    }

    private static void linear(List<Identity> list) {
        add(list, "a'Xb", "ab'", (r, m, n) -> {
            Tensor a = draw(r, m), b = draw(r, n);
            return of(draw(r, m, n), x -> a.dot(x.matmul(b)), x -> a.outer(b));
        });
        add(list, "a'X'b", "ba'", (r, m, n) -> {
            Tensor a = draw(r, n), b = draw(r, m);
            return of(draw(r, m, n), x -> a.dot(t(x).matmul(b)), x -> b.outer(a));
        });
        add(list, "tr(AXB)", "A'B'", (r, m, n) -> {
            Tensor a = draw(r, 5, m), b = draw(r, n, 5);
            return of(draw(r, m, n), x -> a.matmul(x).matmul(b).trace(), x -> t(a).matmul(t(b)));
        });
        add(list, "sum of C o (A kron X)", "sum_kl A_kl C_kl, the blocks of C", (r, m, n) -> {
            Tensor a = draw(r, 2, 3), c = draw(r, 2 * m, 3 * n);
            return of(draw(r, m, n), x -> Linalg.kron(a, x).mul(c).sum(), x -> {
                Tensor g = null;
                for (int k = 0; k < 2; k++) for (int l = 0; l < 3; l++) {
                    var block = c.narrow(0, k * m, m).narrow(1, l * n, n).mul(a.item(k, l));
                    g = g == null ? block : g.add(block);
                }
                return g;
            });
        });
    }

    private static void quadratic(List<Identity> list) {
        add(list, "|X|^2", "2X", (r, m, n) -> of(draw(r, m, n), x -> x.square().sum(), x -> x.mul(2)));
        add(list, "|X|", "X / |X|",
                (r, m, n) -> of(draw(r, m, n), x -> x.square().sum().sqrt(), x -> x.div(Math.sqrt(x.square().sum().item()))));
        addSymmetric(list, "x'Ax", "(A + A')x", (r, m, n) -> {
            var a = draw(r, m, m);
            return of(draw(r, m), x -> x.dot(a.matmul(x)), x -> a.add(t(a)).matmul(x));
        });
        add(list, "tr(X'AX)", "(A + A')X", (r, m, n) -> {
            var a = draw(r, m, m);
            return of(draw(r, m, n), x -> t(x).matmul(a).matmul(x).trace(), x -> a.add(t(a)).matmul(x));
        });
        add(list, "tr(AXBX')", "A'XB' + AXB", (r, m, n) -> {
            Tensor a = draw(r, m, m), b = draw(r, n, n);
            return of(draw(r, m, n), x -> a.matmul(x).matmul(b).matmul(t(x)).trace(),
                    x -> t(a).matmul(x).matmul(t(b)).add(a.matmul(x).matmul(b)));
        });
        add(list, "|Xa|^2", "2Xaa'", (r, m, n) -> {
            var a = draw(r, n);
            return of(draw(r, m, n), x -> x.matmul(a).square().sum(), x -> x.matmul(a).outer(a).mul(2));
        });
        add(list, "|XX'|^2", "4XX'X", (r, m, n) -> of(draw(r, m, n).mul(0.5).compute(), x -> x.matmul(t(x)).square().sum(),
                x -> x.matmul(t(x)).matmul(x).mul(4)));
        add(list, "tr(X^3)", "3(X')^2", (r, m, n) -> of(draw(r, m, m), x -> x.matmul(x).matmul(x).trace(), x -> t(x).matmul(t(x)).mul(3)));
    }

    private static void inverses(List<Identity> list) {
        add(list, "log |det X|", "X^-T", (r, m, n) -> of(regular(r, m), Linalg::logAbsDet, x -> t(inverse(x))));
        add(list, "det X", "det(X) X^-T", (r, m, n) -> of(regular(r, m), Linalg::det, x -> t(inverse(x)).mul(Linalg.det(x))));
        add(list, "tr(X^-1 A)", "-X^-T A' X^-T", (r, m, n) -> {
            var a = draw(r, m, m);
            return of(regular(r, m), x -> Linalg.inverse(x).matmul(a).trace(), x -> t(inverse(x)).matmul(t(a)).matmul(t(inverse(x))).neg());
        });
        add(list, "a'X^-1 b", "-X^-T ab' X^-T", (r, m, n) -> {
            Tensor a = draw(r, m), b = draw(r, m);
            return of(regular(r, m), x -> a.dot(Linalg.solve(x, b)), x -> t(inverse(x)).matmul(a.outer(b)).matmul(t(inverse(x))).neg());
        });
        add(list, "|X^-1 b|^2", "-2 X^-T uu', u = X^-1 b", (r, m, n) -> {
            var b = draw(r, m);
            return of(regular(r, m), x -> Linalg.solve(x, b).square().sum(), x -> {
                var u = inverse(x).matmul(b);
                return t(inverse(x)).matmul(u.outer(u)).mul(-2);
            });
        });
        add(list, "log det X + y'X^-1 y", "X^-T - X^-T yy' X^-T", (r, m, n) -> {
            var y = draw(r, m);
            return of(regular(r, m), x -> Linalg.logDet(x).add(y.dot(Linalg.solve(x, y))),
                    x -> t(inverse(x)).sub(t(inverse(x)).matmul(y.outer(y)).matmul(t(inverse(x)))));
        });
        add(list, "log det X'X", "2X(X'X)^-1", (r, m, n) -> {
            var x0 = Tensor.concat(0, regular(r, n), draw(r, Math.max(0, m - n), n)).compute();
            return of(x0, x -> Linalg.logDet(t(x).matmul(x)), x -> x.matmul(inverse(t(x).matmul(x))).mul(2));
        });
        addSymmetric(list, "log det S by Cholesky", "S^-1", (r, m, n) -> of(positive(r, m),
                x -> Linalg.cholesky(MatrixCalculus.symmetrised(x)).diagonal().log().sum().mul(2), MatrixIdentities::inverse));
    }

    private static void spectra(List<Identity> list) {
        add(list, "sum of singular values", "UV'", (r, m, n) -> of(spaced(r, m, n), x -> Linalg.svd(x).s().sum(), x -> {
            // U V' = X (X'X)^-1/2, by the eigenvectors of X'X: no rule of the SVD is used
            var e = Linalg.eigh(t(x).matmul(x));
            return x.matmul(e.vectors().matmul(e.values().rsqrt().unsqueeze(1).mul(t(e.vectors()))));
        }));
        addSymmetric(list, "largest eigenvalue of S", "vv'", (r, m, n) -> {
            var q = Linalg.eigh(positive(r, m)).vectors();
            var s = q.matmul(Tensor.arange(m).to(DType.F64).add(1).unsqueeze(1).mul(t(q))).compute();
            return of(s, x -> Linalg.eigh(MatrixCalculus.symmetrised(x)).values().get(m - 1), x -> {
                var v = q.select(1, m - 1);
                return v.outer(v);
            });
        });
    }

    /** Of full rank n with singular values 1, 2, .. n; m is at least n. */
    private static Tensor spaced(Rng r, int m, int n) {
        int k = Math.min(m, n), rows = Math.max(m, n);
        Tensor u = Linalg.eigh(positive(r, rows)).vectors().narrow(1, 0, k), v = Linalg.eigh(positive(r, k)).vectors();
        return u.matmul(Tensor.arange(k).to(DType.F64).add(1).unsqueeze(1).mul(t(v))).compute();
    }

    private static void learning(List<Identity> list) {
        add(list, "|Y - XW|^2 by W", "-2X'(Y - XW)", (r, m, n) -> {
            Tensor x = draw(r, 6, m), y = draw(r, 6, n);
            return of(draw(r, m, n), w -> y.sub(x.matmul(w)).square().sum(), w -> t(x).matmul(y.sub(x.matmul(w))).mul(-2));
        });
        add(list, "|Y - AXB|^2", "-2A'(Y - AXB)B'", (r, m, n) -> {
            Tensor a = draw(r, 4, m), b = draw(r, n, 5), y = draw(r, 4, 5);
            return of(draw(r, m, n), x -> y.sub(a.matmul(x).matmul(b)).square().sum(),
                    x -> t(a).matmul(y.sub(a.matmul(x).matmul(b))).matmul(t(b)).mul(-2));
        });
        add(list, "cross-entropy of softmax(Z), targets Y", "softmax(Z) - Y", (r, m, n) -> {
            var y = draw(r, m, n).softmax(1).compute();
            return of(draw(r, m, n), z -> z.logSoftmax(1).mul(y).sum().neg(), z -> {
                var e = z.exp();
                return e.div(e.sum(new int[] {1}, true)).sub(y);
            });
        });
        add(list, "sum of exp(AX)", "A' exp(AX)", (r, m, n) -> {
            var a = draw(r, 4, m).mul(0.5).compute();
            return of(draw(r, m, n), x -> a.matmul(x).exp().sum(), x -> t(a).matmul(a.matmul(x).exp()));
        });
    }
}
