package lyceum.backend.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import lyceum.backend.Backend;
import lyceum.backend.simt.Buffer;
import lyceum.backend.simt.Dim;
import lyceum.backend.simt.Kernels;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Against a driver that records: which calls come in which order, with which arguments, and what a failing one says. */
class CudaDeviceTest {
    private final RecordingDriver driver = new RecordingDriver();

    @AfterEach void close() { driver.close(); }

    private CudaDevice open() { return CudaDevice.open(driver.libraries(), 0); }

    @Test void aDeviceIsOpenedAskedAndGivenBack() {
        try (var card = open()) {
            assertThat(card.name()).isEqualTo("Recording card");
            assertThat(card.memoryBytes()).isEqualTo(80L << 30);
            assertThat(card.architecture()).isEqualTo("compute_90");
        }
        assertThat(driver.order()).containsExactly("cuInit", "cuDeviceGetCount", "cuDeviceGet", "cuDeviceGetName", "cuDeviceTotalMem_v2",
                "cuDeviceGetAttribute", "cuDeviceGetAttribute", "cuDevicePrimaryCtxRetain", "cuDevicePrimaryCtxRelease_v2");
        assertThat(driver.last("cuDevicePrimaryCtxRelease_v2").arguments()).containsExactly(40);
        assertThat(driver.last("cuCtxSetCurrent").arguments()).containsExactly(1001);
    }

    @Test void aLaunchCompilesCopiesRunsCopiesBackAndFrees() {
        Buffer a = Buffer.of(1, 2, 3), b = Buffer.of(10f, 20, 30), x = Buffer.of(1f, 2, 3), c = Buffer.floats(3);
        driver.onLaunch = () -> {
            var out = RecordingDriver.at(driver.parameters[2].get(JAVA_LONG, 0), 12);
            int n = driver.parameters[3].get(JAVA_INT, 0);
            for (int i = 0; i < n; i++) out.setAtIndex(JAVA_FLOAT, i, read(0, i) + read(1, i));
        };
        var kernel = Kernels.vectorAdd();
        try (var card = open()) {
            driver.calls.clear();
            card.launch(kernel, new Dim(1, 2, 3), new Dim(4, 5, 6), x, b, c, 3);
            assertThat(c.toFloats()).containsExactly(11, 22, 33);
            assertThat(driver.order()).containsExactly("cuStreamCreate", "cuMemAlloc_v2", "cuMemcpyHtoDAsync_v2", "cuMemAlloc_v2",
                    "cuMemcpyHtoDAsync_v2", "cuMemAlloc_v2", "cuMemcpyHtoDAsync_v2", "nvrtcCreateProgram", "nvrtcCompileProgram",
                    "nvrtcGetPTXSize", "nvrtcGetPTX", "nvrtcDestroyProgram", "cuModuleLoadData", "cuModuleGetFunction", "cuLaunchKernel",
                    "cuMemcpyDtoHAsync_v2", "cuMemcpyDtoHAsync_v2", "cuMemcpyDtoHAsync_v2", "cuStreamSynchronize", "cuStreamDestroy_v2",
                    "cuMemFree_v2", "cuMemFree_v2", "cuMemFree_v2");
            var launch = driver.last("cuLaunchKernel").arguments();
            assertThat(launch).startsWith(1004, 1, 2, 3, 4, 5, 6, 0, 1002).endsWith(0L);
            assertThat(driver.compiled).isEqualTo(kernel.cuda());
            assertThat(driver.option).isEqualTo("--gpu-architecture=compute_90");
            assertThat(driver.loaded).isEqualTo(".version 8\n");
            assertThat(driver.blocksHeld()).isZero();
            card.launch(Kernels.vectorAdd(), new Dim(1), new Dim(32), x, x, c, 3); // another of the same source
            assertThat(c.toFloats()).containsExactly(2, 4, 6);
            assertThat(driver.order().stream().filter("nvrtcCompileProgram"::equals)).hasSize(1);
            assertThatThrownBy(() -> card.launch(kernel, new Dim(1), new Dim(32), a, x, c, 3)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a is a Buffer of I32");
        }
        assertThat(driver.order()).endsWith("cuModuleUnload", "cuDevicePrimaryCtxRelease_v2");
    }

    private float read(int parameter, int i) {
        return RecordingDriver.at(driver.parameters[parameter].get(JAVA_LONG, 0), 12).getAtIndex(JAVA_FLOAT, i);
    }

    @Test void everyDriverCallFindsItsDeviceCurrent() {
        try (var card = open(); var array = card.allocate(16)) {
            assertThat(array.bytes()).isEqualTo(16);
        }
        var functions = driver.calls.stream().map(RecordingDriver.Call::function).toList();
        for (int i = functions.indexOf("cuDevicePrimaryCtxRetain") + 1; i < functions.size() - 1; i++) {
            if (functions.get(i).startsWith("cuMem")) assertThat(functions.get(i - 1)).isEqualTo("cuCtxSetCurrent");
        }
    }

    @Test void everyFailureIsASentenceAndLeavesNothingBehind() {
        var messages = new ArrayList<String>();
        for (var function : List.of("cuStreamCreate", "cuMemAlloc_v2", "cuMemcpyHtoDAsync_v2", "nvrtcCreateProgram", "nvrtcCompileProgram",
                "nvrtcGetPTX", "cuModuleLoadData", "cuModuleGetFunction", "cuLaunchKernel", "cuMemcpyDtoHAsync_v2",
                "cuStreamSynchronize")) {
            try (var card = open()) {
                driver.failing.put(function, 700);
                assertThatThrownBy(() -> card.launch(Kernels.vectorAdd(), new Dim(1), new Dim(32), Buffer.floats(3), Buffer.floats(3),
                        Buffer.floats(3), 3)).isInstanceOf(CudaException.class).hasMessageContaining(function)
                        .satisfies(e -> messages.add(e.getMessage()))
                        .satisfies(e -> assertThat(((CudaException) e).status()).isEqualTo(700));
                driver.failing.clear();
                assertThat(driver.blocksHeld()).as(function).isZero();
            }
        }
        assertThat(messages).contains(
                "cuMemAlloc_v2 of 12 bytes: error 700 in words (CUDA_ERROR_700 700); run the kernel under Simt, which names the thread and the step",
                "nvrtcCreateProgram of vectorAdd: status 700 in words (NVRTC's status 700)");
        long made = driver.order().stream().filter("nvrtcCreateProgram"::equals).count(),
                destroyed = driver.order().stream().filter("nvrtcDestroyProgram"::equals).count();
        assertThat(destroyed).as("all but the one that could not be made").isEqualTo(made - 1);
    }

    @Test void theCompilersLogIsTheMessage() {
        try (var card = open()) {
            driver.failing.put("nvrtcCompileProgram", 6);
            assertThatThrownBy(() -> card.stream().launch(Kernels.vectorAdd(), new Dim(1), new Dim(32)))
                    .hasMessage("kernel vectorAdd does not compile: line 3: no");
        }
    }

    @Test void aStreamCopiesAndMultipliesInItsOrder() {
        try (var arena = Arena.ofConfined();
                var card = open();
                var stream = card.stream();
                var a = card.allocate(24);
                var b = card.allocate(48);
                var c = card.allocate(32)) {
            driver.calls.clear();
            stream.copyIn(arena.allocate(24), a);
            stream.matmul(a, b, c, 2, 4, 3);
            stream.matmul(a, b, c, 2, 4, 3);
            stream.copyOut(c, arena.allocate(32));
            stream.synchronize();
            assertThat(driver.order()).containsExactly("cuMemcpyHtoDAsync_v2", "cublasCreate_v2", "cublasSetStream_v2", "cublasSgemm_v2",
                    "cublasSetStream_v2", "cublasSgemm_v2", "cuMemcpyDtoHAsync_v2", "cuStreamSynchronize");
            var gemm = driver.last("cublasSgemm_v2").arguments();
            assertThat(gemm[0]).isEqualTo(1006);
            assertThat(new long[] {gemm[1], gemm[2], gemm[3], gemm[4], gemm[5]}).containsExactly(0, 0, 4, 2, 3);
            assertThat(new long[] {gemm[7], gemm[8], gemm[9], gemm[10], gemm[12], gemm[13]}).containsExactly(b.address(), 4, a.address(), 3,
                    c.address(), 4);
            assertThat(driver.last("cublasSetStream_v2").arguments()).containsExactly(1006, 1002);
            driver.failing.put("cublasSgemm_v2", 13);
            assertThatThrownBy(() -> stream.matmul(a, b, c, 2, 4, 3))
                    .hasMessage("cublasSgemm_v2 of 2 x 3 by 3 x 4: status 13 in words (cuBLAS's status 13)");
            assertThatThrownBy(() -> stream.matmul(a, b, c, 2, 5, 3)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("matmul: b is 3 x 5 of F32 in an array of 48 bytes");
            assertThatThrownBy(() -> stream.copyIn(MemorySegment.ofArray(new byte[4]), a)).hasMessageContaining("on the heap");
            assertThatThrownBy(() -> stream.copyIn(arena.allocate(100), a)).hasMessageContaining("100 bytes and an array of 24");
        }
        assertThat(driver.order()).endsWith("cublasDestroy_v2", "cuDevicePrimaryCtxRelease_v2");
        assertThat(driver.blocksHeld()).isZero();
    }

    @Test void aStreamWaitsForAnotherByAnEvent() {
        try (var card = open(); var copies = card.stream(); var kernels = card.stream()) {
            driver.calls.clear();
            kernels.after(copies);
            assertThat(driver.order()).containsExactly("cuEventCreate", "cuEventRecord", "cuStreamWaitEvent", "cuEventDestroy_v2");
            assertThat(driver.last("cuEventRecord").arguments()).containsExactly(1007, 1002);
            assertThat(driver.last("cuStreamWaitEvent").arguments()).containsExactly(2002, 1007, 0);
            driver.failing.put("cuStreamWaitEvent", 400);
            assertThatThrownBy(() -> kernels.after(copies)).hasMessageContaining("cuStreamWaitEvent: error 400 in words");
            assertThat(driver.order()).endsWith("cuEventDestroy_v2");
        }
    }

    @Test void whatIsNotThereIsNamed() {
        assertThatThrownBy(() -> CudaDevice.open(new CudaLibraries(null, null, null), 0)).isInstanceOf(CudaException.class)
                .hasMessage(CudaDevice.NO_DRIVER).hasMessageContaining("libcuda.so.1").hasMessageContaining("Simt");
        assertThatThrownBy(() -> CudaDevice.open(driver.libraries(), 1))
                .hasMessage("CUDA device 1: the driver sees 1 of them, counted from 0");
        driver.devices = 0;
        assertThatThrownBy(this::open).hasMessage("CUDA device 0: the driver sees 0 of them, counted from 0");
        driver.devices = 1;
        assertThatThrownBy(() -> CudaDevice.open(new CudaLibraries(driver.lookup("cuDevice"), null, null), 0))
                .hasMessage("the CUDA driver has no function cuInit; it is older than CUDA 11");
        try (var card = CudaDevice.open(new CudaLibraries(driver.lookup("cu"), null, null), 0);
                var array = card.allocate(4);
                var stream = card.stream()) {
            assertThatThrownBy(() -> stream.launch(Kernels.vectorAdd(), new Dim(1), new Dim(1))).hasMessageContaining("NVRTC");
            assertThatThrownBy(() -> stream.matmul(array, array, array, 1, 1, 1)).hasMessageContaining("cuBLAS");
        }
    }

    @Test void aClosedArrayIsNotUsed() {
        try (var card = open(); var stream = card.stream(); var arena = Arena.ofConfined()) {
            var array = card.allocate(8);
            array.close();
            array.close();
            assertThatThrownBy(() -> stream.copyIn(arena.allocate(8), array)).isInstanceOf(IllegalStateException.class)
                    .hasMessage("the CudaArray of 8 bytes is closed");
        }
        assertThat(driver.order().stream().filter("cuMemFree_v2"::equals)).hasSize(1);
    }

    /** On most machines this finds none, and says so; where there is a card it must open. */
    @Test void theInstalledDriverIsFoundOrItsAbsenceIsSaid() {
        if (CudaLibraries.installed().driver() == null) {
            assertThat(CudaDevice.find()).isEmpty();
            assertThatThrownBy(CudaDevice::open).hasMessage(CudaDevice.NO_DRIVER);
            assertThatThrownBy(() -> Backend.named("cuda")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("backend cuda: " + CudaDevice.NO_DRIVER);
        } else {
            CudaDevice.find().ifPresent(card -> {
                assertThat(card.memoryBytes()).isPositive();
                card.close();
            });
        }
    }
}
