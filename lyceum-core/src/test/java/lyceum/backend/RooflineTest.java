package lyceum.backend;

import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lyceum.DType;
import lyceum.autograd.Intensity;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RooflineTest {
    private static final double PEAK = 989.4e12, BANDWIDTH = 3.35e12;

    private static Tensor half(long... shape) { return Tensor.zeros(DType.BF16, shape); }

    private record Operator(String name, Runnable body, double operations, double bytes) {
        /** By hand, from the sheet. */
        boolean waitsForMemory() { return BANDWIDTH * operations / bytes < PEAK; }
    }

    @Test
    @Acceptance(topic = "roofline", clause = 3) void eightOperatorsStandOnTheirSideOfTheRidge() {
        var h100 = Accelerator.H100_SXM.roofline(DType.BF16);
        Evidence.of("ridge of an H100 SXM, dense bf16", h100.ridge(), equalTo(295, 1));
        double n = 1 << 20, d = 8192, t = 4096;
        var operators = new Operator[] {new Operator("triad", () -> half(1 << 20).add(half(1 << 20).mul(2)), 2 * n, 2 * 3 * n),
                new Operator("matrix by vector", () -> half(8192, 8192).matmul(half(8192, 1)), 2 * d * d, 2 * (d * d + 2 * d)),
                new Operator("linear layer, batch 64", () -> half(64, 8192).matmul(half(8192, 8192)), 2 * 64 * d * d,
                        2 * (d * d + 2 * 64 * d)),
                new Operator("linear layer, batch 512", () -> half(512, 8192).matmul(half(8192, 8192)), 2 * 512 * d * d,
                        2 * (d * d + 2 * 512 * d)),
                new Operator("512 cube", () -> half(512, 512).matmul(half(512, 512)), 2 * Math.pow(512, 3), 2 * 3 * 512 * 512),
                new Operator("4096 cube", () -> half(4096, 4096).matmul(half(4096, 4096)), 2 * Math.pow(t, 3), 2 * 3 * t * t),
                new Operator("attention over a prompt",
                        () -> new Attention().of(half(1, 32, 4096, 128), half(1, 32, 4096, 128), half(1, 32, 4096, 128)),
                        4 * 32 * t * t * 128, 2 * 4 * 32 * t * 128),
                new Operator("attention over the cache",
                        () -> new Attention().of(half(64, 32, 1, 128), half(64, 32, 4096, 128), half(64, 32, 4096, 128)),
                        4 * 64 * 32 * t * 128, 2 * 64 * 32 * (2 * t * 128 + 2 * 128))};
        int wrong = 0, limited = 0;
        double gap = 0;
        for (var operator : operators) {
            var found = Intensity.ofShapes(operator.body).fused();
            var bound = h100.bound(found.intensity());
            if (operator.waitsForMemory() != (bound == Roofline.Bound.MEMORY)) wrong++;
            if (bound == Roofline.Bound.MEMORY) limited++;
            double attainable = Math.min(PEAK, BANDWIDTH * operator.operations / operator.bytes);
            gap = Math.max(gap, Math.abs(h100.attainable(found.intensity()) / attainable - 1));
            gap = Math.max(gap, Math.abs(found.seconds(h100) / (operator.operations / attainable) - 1));
        }
        Evidence.of("operators", operators.length, exactly(8));
        Evidence.of("on the wrong side of the ridge", wrong, exactly(0));
        Evidence.of("of them limited by memory", limited, exactly(5));
        Evidence.of("largest relative gap of attainable speed and least time to the formula", gap, equalTo(0, 1e-12));
    }

    @Test void sheetsTellDensePeaks() {
        assertThat(Accelerator.named()).extracting(Accelerator::half).isSorted();
        assertThat(Accelerator.H100_SXM.roofline(DType.F32).ridge()).isBetween(19.0, 21.0);
        assertThat(Accelerator.A100_SXM.roofline(DType.I8).operations()).isEqualTo(624e12);
        assertThat(Accelerator.MI300X.memory()).isEqualTo(192e9);
        assertThatThrownBy(() -> Accelerator.L40S.roofline(DType.F64)).hasMessageContaining("no peak of L40S for F64");
        assertThatThrownBy(() -> Roofline.of(0, 1)).hasMessageContaining("both are positive");
    }

    @Test void theRidgeBelongsToArithmetic() {
        var r = Roofline.of(100, 10);
        assertThat(r.ridge()).isEqualTo(10);
        assertThat(r.attainable(3)).isEqualTo(30);
        assertThat(r.attainable(30)).isEqualTo(100);
        assertThat(r.bound(9.99)).isEqualTo(Roofline.Bound.MEMORY);
        assertThat(r.bound(10)).isEqualTo(Roofline.Bound.COMPUTE);
        assertThat(r.seconds(200, 50)).isEqualTo(5);
        assertThat(r.seconds(1000, 50)).isEqualTo(10);
        assertThat(new Roofline(1, 2, 3, 4).ofOneThread()).isEqualTo(new Roofline(1, 1, 3, 3));
    }

    @Test void thisMachinesLevelsAreMeasuredOnce() {
        var levels = MemoryLevel.measured();
        assertThat(levels).isSameAs(MemoryLevel.measured()).hasSizeGreaterThan(1);
        assertThat(levels.getFirst().name()).isEqualTo("L1");
        assertThat(levels.getLast().name()).isEqualTo("memory");
        assertThat(levels).allSatisfy(l -> {
            assertThat(l.bytes()).isGreaterThanOrEqualTo(l.bytesAlone()).isGreaterThan(1e8);
            assertThat(l.roofline().operations()).isEqualTo(Roofline.measured().operations());
            assertThat(l.toString()).contains("GB/s");
        });
    }

    /** A host's cache of half a gigabyte took two gigabytes written and thirty read. */
    @Test void aHugeCacheIsNotFilledToBeMeasured() {
        assertThat(MemoryLevel.within(48 << 10)).isEqualTo(24 << 10);
        assertThat(MemoryLevel.beyond(32 << 20)).isEqualTo(128 << 20);
        long huge = 480L << 20;
        assertThat(MemoryLevel.within(huge)).isLessThanOrEqualTo(128 << 20);
        assertThat(MemoryLevel.beyond(huge)).isBetween(huge * 3 / 2, huge * 2);
    }

    @Test void cachesAreThoseThatLinuxTells(@TempDir Path folder) throws IOException {
        assertThat(MemoryLevel.sizes(folder)).as("usual ones").containsExactly(32 << 10, 1 << 20, 32 << 20);
        String[][] told = {{"Data", "1", "48K"}, {"Instruction", "1", "64K"}, {"Unified", "2", "2M"}, {"Unified", "3", "105M"}};
        for (int i = 0; i < told.length; i++) {
            var cache = Files.createDirectory(folder.resolve("index" + i));
            Files.writeString(cache.resolve("type"), told[i][0] + "\n");
            Files.writeString(cache.resolve("level"), told[i][1] + "\n");
            Files.writeString(cache.resolve("size"), told[i][2] + "\n");
        }
        assertThat(MemoryLevel.sizes(folder)).containsExactly(48 << 10, 2 << 20, 105 << 20);
        Files.writeString(folder.resolve("index2/size"), "?");
        assertThat(MemoryLevel.sizes(folder)).as("usual ones").containsExactly(32 << 10, 1 << 20, 32 << 20);
    }
}
