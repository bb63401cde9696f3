package lyceum.tensor;

import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.View;

/** Operand 0, the values of a sparse matrix of one float type, times operand 1 of that type: a dense matrix (columns, k) or vector (columns). */
public record SparseMatmulOp(Csr matrix) implements Operation {
    @Override public Tensor value(Tensor... in) {
        // Half precision is added up in F64 and rounded once.
        var type = in[0].dtype() == DType.F32 ? DType.F32 : DType.F64;
        var shape = in[1].rank() == 1 ? Shape.of(matrix.rows()) : Shape.of(matrix.rows(), in[1].size(1));
        var out = Fusion.allocate(type, shape);
        Backend.current().sparseProduct(matrix.operand(plain(in[0], type)), plain(in[1], type), out);
        return new Tensor(out, shape).to(in[0].dtype());
    }

    private static View plain(Tensor x, DType type) { return x.detach().to(type).contiguous().view(); }

    @Override public boolean isBilinear() { return true; }

    @Override public int reads(int i) { return i == 0 ? 2 : 1; }

    @Override public Tensor pullback(int i, Tensor g, Reading reading) {
        if (i == 1) return matrix.withValues(reading.operand(0)).transpose().matmul(g);
        var pattern = matrix.pattern();
        var terms = g.indexSelect(0, pattern.rowOf()).mul(reading.operand(1).indexSelect(0, pattern.columnOf()));
        return terms.rank() == 1 ? terms : terms.sum(1);
    }

    @Override public Tensor pushforward(Tensor[] tangents, Tensor[] in, Tensor out) {
        var byValues = tangents[0] == null ? null : apply(tangents[0], in[1]);
        var byDense = tangents[1] == null ? null : apply(in[0], tangents[1]);
        return byValues == null ? byDense : byDense == null ? byValues : byValues.add(byDense);
    }

    @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) { return Batch.loop(this, size, isBatched, in); }

    @Override public long operations(Form out, Form... in) {
        return in[0].shape().count() * (in[1].shape().rank() == 1 ? 1 : in[1].shape().size(1));
    }

    @Override public String text() { return "sparse matmul"; }
}
