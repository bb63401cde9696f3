package lyceum.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import lyceum.plot.render.Svg;
import lyceum.plot.render.Theme;
import org.junit.jupiter.api.Test;

class ChartTest {
    @Test void aSeriesForEachPeerAndNumberOfThreads() {
        var figure = Chart.of("gemm", List.of(row("64x64", 1, "libtorch", 2), row("64x64", 2, "libtorch", 3),
                row("128x128", 1, "libtorch", 0.5), row("128x128", 1, "PyTorch", 4), row("128x128", 1, "", Double.NaN)));
        assertThat(figure.table().toCsv()).contains("libtorch, 1 thread", "libtorch, 2 threads", "PyTorch, 1 thread", "matmul 64x64 F32",
                "matmul 128x128 F32");
        assertThat(Svg.write(figure, Theme.LIGHT)).startsWith("<svg").contains("gemm", "times as good");
    }

    @Test void aRowFarAheadIsCutAndTheCaptionSaysSo() {
        assertThat(Chart.of("gemm", List.of(row("64x64", 1, "libtorch", 50), row("128x128", 1, "libtorch", 2))).description())
                .endsWith("Bars longer than 5 are cut.");
        assertThat(Chart.of("gemm", List.of(row("64x64", 1, "libtorch", 4))).description()).doesNotContain("cut");
    }

    @Test void withoutRatiosThePictureIsEmpty() {
        assertThat(Svg.write(Chart.of("gemm", List.of(row("64x64", 1, "", Double.NaN))), Theme.LIGHT)).startsWith("<svg");
    }

    private static Row row(String shape, int threads, String peer, double ratio) {
        return new Row("gemm", "matmul", shape, "F32", threads, 1, ratio, "GFLOP/s", ratio, peer, "a CPU");
    }
}
