package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.function.Function;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

/** Batches of places, lengths and pages, which the catalogue holds fixed. */
class BatchingTest {
    private final Tensor x = Tensor.randn(Rng.of(1), DType.F64, 4, 5).compute(),
            source = Tensor.randn(Rng.of(2), DType.F64, 4, 3).compute();

    private static void equalsLoop(Function<Tensor[], Tensor> f, Tensor... batches) {
        var batched = Autograd.vmap(f, batches);
        for (int b = 0; b < batches[0].size(0); b++) {
            int entry = b;
            var expected = f.apply(Arrays.stream(batches).map(batch -> batch.get(entry)).toArray(Tensor[]::new));
            assertThat(batched.get(b).shape()).isEqualTo(expected.shape());
            assertThat(batched.get(b).toDoubleArray()).containsExactly(expected.toDoubleArray(), within(1e-12));
        }
    }

    @Test void placesOfEachEntrysOwn() {
        var places = Tensor.randint(Rng.of(3), 0, 5, 6, 4, 3);
        equalsLoop(in -> x.gather(1, in[0]), places);
        equalsLoop(in -> x.scatter(1, in[0], source), places);
        equalsLoop(in -> x.scatterAdd(1, in[0], source), places);
        equalsLoop(in -> Autograd.grad(t -> t.gather(1, in[0]).square().sum()).apply(x), places);
        equalsLoop(in -> x.indexSelect(0, in[0]), places.select(2, 0).minimum(3));
        equalsLoop(in -> x.segmentMax(in[0], 5), places.select(2, 0));
        equalsLoop(in -> in[0].oneHot(DType.F64, 5), places);
        equalsLoop(in -> x.narrow(1, 0, 3).argmax().add(in[0].argmax()), places);
        equalsLoop(in -> in[0].sum(), places);
        equalsLoop(in -> in[0].mod(in[1].add(1)), places, places.flip(0));
    }

    @Test void weightsOfEachEntrysOwnThatWerePackedInside() {
        equalsLoop(in -> source.transpose().matmul(PackedMatrix.of(in[0])), Tensor.randn(Rng.of(4), DType.F64, 3, 4, 2).compute());
    }

    @Test void scalarsHaveNoAxes() {
        var numbers = Tensor.of(3.0, -1, 2);
        equalsLoop(in -> in[0].sum().add(in[0].max()).mul(in[0].prod()), numbers);
        equalsLoop(in -> in[0].argmax().add(1), numbers);
        equalsLoop(in -> in[0].expand(2, 2).matmul(in[0].reshape(1, 1).expand(2, 1)), numbers);
    }

    @Test void masksOfEachEntrysOwn() {
        Tensor q = Tensor.randn(Rng.of(5), DType.F64, 2, 2, 3, 4).compute(), k = Tensor.randn(Rng.of(6), DType.F64, 2, 2, 5, 4).compute();
        var lengths = Tensor.of(new long[] {5, 1, 3, 0, 2, 4}, 3, 2);
        equalsLoop(in -> new Attention().withKeyLengths(in[0]).of(q, k, k), lengths);
        equalsLoop(in -> new Attention().withCausal(true).withQueryStarts(in[0]).of(q, k, k), lengths);
        equalsLoop(in -> new Attention().withBias(in[0]).of(q, k, k), Tensor.randn(Rng.of(7), DType.F64, 3, 3, 5).compute());
        equalsLoop(in -> new Attention().withBias(in[0].gt(0)).of(in[1], k, k), Tensor.randn(Rng.of(8), DType.F64, 3, 2, 1, 3, 5).compute(),
                Tensor.stack(0, q, q.sin(), q.cos()));
        assertThatThrownBy(
                () -> Autograd.vmap(in -> new Attention().withKeyLengths(in[0]).of(q, k, k), Tensor.of(new long[] {5, 1, 3, 6}, 2, 2)))
                .as("of an entry that was not traced").isInstanceOf(ShapeException.class).hasMessageContaining("a key length is 6");
    }

    @Test void pagesOfEachEntrysOwn() {
        Tensor q = Tensor.randn(Rng.of(9), DType.F64, 2, 2, 2, 4).compute(),
                blocks = Tensor.randn(Rng.of(10), DType.F64, 4, 1, 3, 4).compute();
        var tables = Tensor.of(new long[] {3, 0, 1, 2, 0, 1, 2, 3, 1, 1, 0, 3}, 3, 2, 2);
        equalsLoop(in -> new Attention().withBlockTable(in[0]).of(q, blocks, blocks), tables);
        equalsLoop(in -> new Attention().withBlockTable(in[0]).of(q, in[1], in[1].sin()), tables,
                Tensor.stack(0, blocks, blocks.mul(2), blocks.cos()));
        equalsLoop(in -> new Attention().withBlockTable(tables.get(0)).of(q, in[0], blocks),
                Tensor.stack(0, blocks, blocks.mul(2), blocks.cos()));
    }
}
