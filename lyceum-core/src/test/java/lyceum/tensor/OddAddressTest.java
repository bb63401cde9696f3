package lyceum.tensor;

import static lyceum.testing.Bound.atLeast;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Settings;
import lyceum.memory.Storage;
import lyceum.random.Rng;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

/** Formats such as ONNX keep tensors wherever they end up in a file, and those are computed with where they lie. */
class OddAddressTest {
    /** The same elements, a byte behind an address that is aligned. */
    private static Tensor atOddAddress(Tensor x) {
        long bytes = x.count() * x.dtype().bytes();
        if (bytes == 0) return x;
        var odd = Arena.ofAuto().allocate(bytes + 1, 64).asSlice(1, bytes);
        var view = x.contiguous().compute().view();
        MemorySegment.copy(view.storage().segment(), view.byteOffset(), odd, 0, bytes);
        assertThat(odd.address() % 2).isEqualTo(1);
        return Tensor.on(Storage.wrap(odd), 0, x.dtype(), x.shape().toArray());
    }

    private static byte[] bits(Tensor x) {
        var view = x.contiguous().compute().view();
        return view.storage().segment().asSlice(view.byteOffset(), x.count() * x.dtype().bytes()).toArray(ValueLayout.JAVA_BYTE);
    }

    @Test void everyOperationReadsElementsWhereverTheyLie() {
        int compared = 0;
        var backends = Settings.all();
        for (var op : OpCatalog.all()) for (var type : new DType[] {DType.F32, DType.F64, DType.BF16}) {
            var in = op.draw(type, 77);
            var odd = new Tensor[in.length];
            for (int i = 0; i < in.length; i++) odd[i] = atOddAddress(in[i]);
            for (var backend : backends.entrySet()) {
                var found = new byte[2][];
                Backend.with(backend.getValue(), () -> {
                    found[0] = bits(op.call().apply(in));
                    found[1] = bits(op.call().apply(odd));
                });
                assertThat(found[1]).as(op.name() + " of " + type + " on " + backend.getKey()).isEqualTo(found[0]);
                compared++;
            }
        }
        Evidence.of("results of operands at odd addresses, equal in bits", compared, atLeast(1000));
    }

    /** Large enough for blocks, panels and threads. */
    @Test void largeProductsAndRowsOfTablesToo() {
        var rng = Rng.of(5);
        for (var type : new DType[] {DType.F32, DType.F64, DType.F16, DType.BF16}) {
            Tensor a = Tensor.randn(rng, 40, 300).to(type).compute(), b = Tensor.randn(rng, 300, 200).to(type).compute(),
                    table = Tensor.randn(rng, 500, 96).to(type).compute(), ids = Tensor.randint(rng, 0, 500, 64);
            Tensor oddA = atOddAddress(a), oddB = atOddAddress(b), oddTable = atOddAddress(table), oddIds = atOddAddress(ids);
            Settings.all().forEach((name, backend) -> Backend.with(backend, () -> {
                var what = type + " on " + name;
                assertThat(bits(oddA.matmul(oddB))).as("product, " + what).isEqualTo(bits(a.matmul(b)));
                assertThat(bits(oddA.matmul(PackedMatrix.of(oddB)))).as("packed, " + what).isEqualTo(bits(a.matmul(PackedMatrix.of(b))));
                assertThat(bits(oddA.matmul(PackedMatrix.of(atOddAddress(b.transpose()).transpose())))).as("packed, turned, " + what)
                        .isEqualTo(bits(a.matmul(PackedMatrix.of(b.transpose().contiguous().compute().transpose()))));
                assertThat(bits(oddTable.indexSelect(0, oddIds))).as("rows, " + what).isEqualTo(bits(table.indexSelect(0, ids)));
                assertThat(bits(oddTable.softmax(1))).as("softmax, " + what).isEqualTo(bits(table.softmax(1)));
                assertThat(bits(oddTable.transpose().contiguous())).as("turned, " + what).isEqualTo(bits(table.transpose().contiguous()));
            }));
        }
    }
}
