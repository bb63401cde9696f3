package lyceum.autograd;

import java.util.function.UnaryOperator;
import lyceum.tensor.Forward;
import lyceum.tensor.Tensor;

/**
 * How a whole Jacobian is put together from products, for {@code f} with n inputs and m outputs. All give the same matrix; the number of passes and the
 * memory differ. See Griewank and Walther (2008), chapters 3 and 7.
 */
public enum Mode {
    /** A column for each input by {@link Autograd#jvp}: n passes, memory of one. */
    FORWARD {
        @Override Tensor jacobian(UnaryOperator<Tensor> f, Tensor x) { return columns(f, x, column(f, x, 0)); }
    },

    /** A row for each output by a pull-back: one evaluation, m sweeps. */
    REVERSE {
        @Override Tensor jacobian(UnaryOperator<Tensor> f, Tensor x) {
            var pulled = Autograd.pullback(f, x);
            var rows = new Tensor[Math.toIntExact(pulled.value().count())];
            var unit = Tensor.eye(pulled.value().dtype(), rows.length);
            for (int i = 0; i < rows.length; i++) rows[i] = pulled.back().apply(like(unit.get(i), pulled.value())).flatten();
            return rows.length == 0 ? Tensor.zeros(x.dtype(), 0, x.count()) : Tensor.stack(0, rows);
        }
    },

    /** {@link #FORWARD} with all columns in one {@link Autograd#vmap}: one pass of n times the size, so n times the memory. */
    BATCHED_FORWARD {
        @Override Tensor jacobian(UnaryOperator<Tensor> f, Tensor x) {
            return Autograd.vmap(v -> Autograd.jvp(f, x, like(v[0], x)).flatten(), Tensor.eye(x.dtype(), x.count())).transpose();
        }
    },

    /** {@link #REVERSE} with all rows in one {@link Autograd#vmap}: one sweep of m times the size, so m times the memory. */
    BATCHED_REVERSE {
        @Override Tensor jacobian(UnaryOperator<Tensor> f, Tensor x) {
            var pulled = Autograd.pullback(f, x);
            return Autograd.vmap(u -> pulled.back().apply(like(u[0], pulled.value())).flatten(),
                    Tensor.eye(pulled.value().dtype(), pulled.value().count()));
        }
    };

    /** Of shape (elements of f(x), elements of x); x has one element at least. */
    abstract Tensor jacobian(UnaryOperator<Tensor> f, Tensor x);

    /** The mode with fewer passes: {@link #FORWARD} where there are more outputs than inputs, else {@link #REVERSE}. */
    public static Mode cheaper(long inputs, long outputs) { return outputs > inputs ? FORWARD : REVERSE; }

    /** f(x), and its derivative along input i. */
    static Forward.Dual column(UnaryOperator<Tensor> f, Tensor x, long i) {
        return Autograd.valueAndJvp(f, x, like(Tensor.arange(x.count()).eq(i).to(x.dtype()), x));
    }

    /** Side by side, of which the first is known. */
    static Tensor columns(UnaryOperator<Tensor> f, Tensor x, Forward.Dual first) {
        var columns = new Tensor[Math.toIntExact(x.count())];
        for (int i = 0; i < columns.length; i++) columns[i] = (i == 0 ? first : column(f, x, i)).tangent().flatten();
        return Tensor.stack(1, columns);
    }

    private static Tensor like(Tensor row, Tensor x) { return row.reshape(x.shape().toArray()); }
}
