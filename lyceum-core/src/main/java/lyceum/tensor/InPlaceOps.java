package lyceum.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.View;

/**
 * The few writes in place, all with a trailing underscore, all returning this tensor. They change every view of the same memory.
 *
 * <p>Pending work that reads the old value is done first. A gradient whose rule saved a value that was overwritten later fails with a clear error when it is
 * needed. A view whose elements share memory (an expanded one) and a tensor in a mapped file cannot be written; {@code copy()} them first.
 * A tensor whose operations are being recorded cannot be written while recording; inside {@code noGrad} it can: that is how
 * optimisers work.
 */
sealed interface InPlaceOps permits Tensor {

    private Tensor self() { return (Tensor) this; }

    /** Replaces the elements with those of {@code source}, broadcast and converted to this type. */
    default Tensor copy_(Tensor source) {
        var x = self();
        Updating.checkWritable("copy_", x);
        if (!Shape.broadcast("copy_", x.shape(), source.shape()).equals(x.shape()))
            throw new ShapeException("copy_: source " + source.shape() + " does not fit into " + x.shape());
        var target = x.view();
        Fusion.produceReaders(target.storage());
        var value = source.detach().to(x.dtype());
        var view = value.view();
        if (view.storage() == target.storage()) value = ViewOps.copyOf(value);
        Backend.current().run(ViewOps.copyProgram(value), new View[] {Fusion.broadcast(value, x.shape())}, new View[] {target});
        target.storage().written();
        return x;
    }

    default Tensor add_(Tensor other) { return update("add_", x -> x.add(other.detach())); }

    default Tensor add_(double other) { return update("add_", x -> x.add(other)); }

    default Tensor add_(long other) { return update("add_", x -> x.add(other)); }

    default Tensor sub_(Tensor other) { return update("sub_", x -> x.sub(other.detach())); }

    default Tensor sub_(double other) { return update("sub_", x -> x.sub(other)); }

    default Tensor sub_(long other) { return update("sub_", x -> x.sub(other)); }

    default Tensor mul_(Tensor other) { return update("mul_", x -> x.mul(other.detach())); }

    default Tensor mul_(double other) { return update("mul_", x -> x.mul(other)); }

    default Tensor mul_(long other) { return update("mul_", x -> x.mul(other)); }

    default Tensor div_(Tensor other) { return update("div_", x -> x.div(other.detach())); }

    default Tensor div_(double other) { return update("div_", x -> x.div(other)); }

    /** Replaces the elements with their softmax along {@code axis}. */
    default Tensor softmax_(int axis) { return copy_(checked("softmax_", self().detach().softmax(axis))); }

    default Tensor fill_(double value) { return copy_(Creation.constant("fill_", self().dtype(), value)); }

    default Tensor fill_(long value) { return copy_(Creation.constant(self().dtype(), value)); }

    default Tensor zero_() { return fill_(0); }

    /** Writes {@code value}, broadcast, at a place given as in {@link Tensor#get(Index...)}; index tensors and masks are not allowed. */
    default Tensor set_(Tensor value, Index... place) {
        for (var index : place)
            if (index instanceof Index.Of) throw new IllegalArgumentException("set_: an index tensor selects a copy; use scatter or where");
        var target = GradMode.with(false, () -> self().detach().get(place));
        Updating.checkWritable("set_", self());
        target.copy_(value);
        return self();
    }

    /**
     * Replaces the entry of the first axis at {@code places[i]} with {@code rows[i]}, converted to this type: PyTorch's {@code index_copy_}. If a place occurs
     * twice, the last one wins.
     *
     * @param rows (places, ..), of this tensor's sizes behind the first axis
     * @throws ShapeException if they do not fit
     * @throws IndexOutOfBoundsException if a place does not exist; nothing is written then
     */
    default Tensor setRows_(Tensor rows, int... places) {
        var x = self();
        Updating.checkWritable("setRows_", x);
        long[] sizes = x.shape().sizes(), given = rows.shape().sizes();
        if (sizes.length == 0) throw new ShapeException("setRows_: a scalar has no rows");
        long had = sizes[0];
        if (given.length != sizes.length || given[0] != places.length || !Arrays.equals(sizes, 1, sizes.length, given, 1, given.length))
            throw new ShapeException("setRows_: rows " + rows.shape() + " for " + places.length + " places of " + x.shape());
        for (int place : places)
            if (place < 0 || place >= had) throw new IndexOutOfBoundsException("setRows_: place " + place + " of " + had + " rows");
        var target = x.view();
        if (!target.isContiguous())
            throw new ShapeException("setRows_: the rows of a view of shape " + x.shape() + " do not lie one after another");
        Fusion.produceReaders(target.storage());
        var source = (rows.isTracked() || Tracing.on() ? rows.detach() : rows).to(x.dtype()).contiguous();
        var from = source.view();
        if (from.storage() == target.storage()) from = ViewOps.copyOf(source).view();
        long bytes = had == 0 ? 0 : x.count() / had * x.dtype().bytes();
        for (int i = 0; i < places.length;) {
            int n = 1; // rows that follow one another in both
            while (i + n < places.length && places[i + n] == places[i] + n) n++;
            MemorySegment.copy(from.storage().segment(), from.byteOffset() + i * bytes, target.storage().segment(),
                    target.byteOffset() + places[i] * bytes, n * bytes);
            i += n;
        }
        Reference.reachabilityFence(source);
        target.storage().written();
        return x;
    }

    default Tensor set_(double value, Index... place) { return set_(Creation.constant("set_", self().dtype(), value), place); }

    default Tensor set_(long value, Index... place) { return set_(Creation.constant(self().dtype(), value), place); }

    private Tensor update(String operation, UnaryOperator<Tensor> f) {
        var x = self();
        Updating.checkWritable(operation, x);
        Updating.update(new Tensor[] {x}, old -> new Tensor[] {fitting(operation, checked(operation, f.apply(old[0])))});
        return x;
    }

    private Tensor fitting(String operation, Tensor result) {
        if (!result.shape().equals(self().shape()))
            throw new ShapeException(operation + ": the result " + result.shape() + " does not fit into " + self().shape());
        return result;
    }

    private Tensor checked(String operation, Tensor result) {
        if (result.dtype() != self().dtype()) throw new DTypeException(operation + ": the result is " + result.dtype()
                + " and does not fit into " + self().dtype() + "; convert the operand with to()");
        return result;
    }
}
