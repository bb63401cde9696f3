package lyceum.backend.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.conv.TileConvolutionsMain;
import lyceum.backend.x86.gemm.PanelProductsMain;
import lyceum.backend.x86.machine.Cpu;
import lyceum.tensor.OpCatalogMain;
import lyceum.tensor.RandomConvolutionMain;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Machine code can kill the JVM, so the catalogue of operations runs in JVMs of its own, where leaving an operand or losing a register is noticed. */
class FencesTest {
    @BeforeEach void onlyWhereMachineCodeRuns() { Assumptions.assumeTrue(Cpu.unavailable() == null, () -> Cpu.unavailable()); }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "all"})
    void noKernelLeavesItsOperandsLosesARegisterOrHasAnInstructionThatTheCpuLacks(String level,
            @TempDir Path listings) throws Exception {
        var run = ForkedJvm.of(OpCatalogMain.class).withFlags("-Xmx512m", "-XX:+UseSerialGC").withArguments("ON", "values", "100")
                .withEnvironment("LYCEUM_GUARD", "on").withEnvironment("LYCEUM_CHECK_CALLS", "on").withEnvironment("LYCEUM_CPU", level)
                .withEnvironment("LYCEUM_DUMP_CODE", listings.toString()).within(Duration.ofSeconds(300)).run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("machine code for").contains(" 0 failed");
        if (level.equals("avx2")) assertThat(linesThatNeedAvx512(listings)).isEmpty();
    }

    /** Of all listings: wide registers, masks and the upper sixteen. */
    private static List<String> linesThatNeedAvx512(Path listings) throws IOException {
        var found = new ArrayList<String>();
        int read = 0;
        try (var files = Files.list(listings)) {
            for (var file : files.filter(f -> f.toString().endsWith(".s")).toList()) {
                read++;
                for (var line : Files.readAllLines(file))
                    if (line.matches(".*(zmm|[xy]mm(1[6-9]|[23]\\d)|\\bk[0-7]\\b).*")) found.add(file.getFileName() + ": " + line);
            }
        }
        assertThat(read).isGreaterThan(20);
        return found;
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "all"}) void noConvolutionLeavesItsOperandsOrLosesARegister(String level) {
        var run = ForkedJvm.of(RandomConvolutionMain.class).withFlags("-Xmx512m", "-XX:+UseSerialGC").withArguments("60")
                .withEnvironment("LYCEUM_GUARD", "on").withEnvironment("LYCEUM_CHECK_CALLS", "on").withEnvironment("LYCEUM_CPU", level)
                .within(Duration.ofSeconds(120)).run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("60 convolutions on machine code for");
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "all"}) void noProductByPanelsLeavesItsOperandsOrLosesARegister(String level) {
        var run = ForkedJvm.of(PanelProductsMain.class).withFlags("-Xmx512m", "-XX:+UseSerialGC").withArguments("150")
                .withEnvironment("LYCEUM_GUARD", "on").withEnvironment("LYCEUM_CHECK_CALLS", "on").withEnvironment("LYCEUM_CPU", level)
                .within(Duration.ofSeconds(120)).run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("150 products by tiles");
    }

    /** What brings sums from tiles to rows needs AVX-512 that rounds. */
    @Test void noConvolutionByTilesLeavesItsOperandsOrLosesARegister() {
        Assumptions.assumeTrue(Cpu.current().has(Feature.AVX512) && Cpu.current().has(Feature.AVX512_BF16),
                "sums of tiles are rounded by AVX-512 with BF16");
        var run = ForkedJvm.of(TileConvolutionsMain.class).withFlags("-Xmx512m", "-XX:+UseSerialGC").withArguments("150")
                .withEnvironment("LYCEUM_GUARD", "on").withEnvironment("LYCEUM_CHECK_CALLS", "on").within(Duration.ofSeconds(120)).run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("150 convolutions by tiles");
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "all"})
    void noFactorTransformOrSparseProductLeavesItsOperandsOrLosesARegister(String level,
            @TempDir Path listings) throws Exception {
        var run = ForkedJvm.of(FactorsAndTransformsMain.class).withFlags("-Xmx512m", "-XX:+UseSerialGC").withArguments("240")
                .withEnvironment("LYCEUM_GUARD", "on").withEnvironment("LYCEUM_CHECK_CALLS", "on").withEnvironment("LYCEUM_CPU", level)
                .withEnvironment("LYCEUM_DUMP_CODE", listings.toString()).within(Duration.ofSeconds(120)).run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("machine code for");
        boolean wide = level.equals("all") && Cpu.current().has(Feature.AVX512);
        assertThat(run.output()).contains(wide ? "240 of each and 240 transforms" : "240 of each and 0 transforms");
        if (level.equals("avx2")) assertThat(linesThatNeedAvx512(listings)).isEmpty();
    }

    @Test void whereCodeMemoryIsFullAnotherBackendGoesOn() {
        var run = ForkedJvm.of(OpCatalogMain.class).withFlags("-Xmx512m", "-XX:+UseSerialGC", "-Dlyceum.code.most=150000")
                .withArguments("ON", "values", "100").within(Duration.ofSeconds(300)).run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("machine code for").contains(" 0 failed").containsOnlyOnce("No more memory for machine code: ");
    }

    @Test void codeIsListedAndItsAddressesAreWrittenDown(@TempDir Path folder) throws Exception {
        var run = ForkedJvm.of(OneProduct.class).withEnvironment("LYCEUM_DUMP_CODE", folder.toString()).within(Duration.ofSeconds(60))
                .run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        List<String> map = Files.readAllLines(folder.resolve("map.txt"));
        assertThat(map).anyMatch(line -> line.matches("[0-9a-f]+ \\d+ gemm F32 .*"));
        var name = map.stream().filter(line -> line.contains("gemm F32")).findFirst().orElseThrow().replaceFirst("\\S+ \\S+ ", "")
                .replaceAll("[^A-Za-z0-9._-]", "_");
        assertThat(Files.readString(folder.resolve(name + ".s"))).contains("vbroadcastss").contains("vfmadd231ps").contains("ret");
    }
}
