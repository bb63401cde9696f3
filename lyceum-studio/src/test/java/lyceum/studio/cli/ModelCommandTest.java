package lyceum.studio.cli;

import static lyceum.studio.cli.CommandFixture.lyceum;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.backend.quant.BlockFormat;
import lyceum.format.Gguf;
import lyceum.format.Safetensors;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.onnx.Onnx;
import lyceum.random.Rng;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCommandTest {
    @TempDir private Path folder;

    private String safetensors(String name, double first) throws IOException {
        var tensors = new LinkedHashMap<String, Tensor>();
        tensors.put("layer.weight", Tensor.of(new double[] {first, 2, 3, 4, 5, 6}, 2, 3));
        tensors.put("layer.bias", Tensor.zeros(DType.BF16, 2));
        Safetensors.write(folder.resolve(name), tensors, Map.of("by", "a test"));
        return folder.resolve(name).toString();
    }

    @Test void whatIsInAFileIsTold() throws IOException {
        var info = lyceum("model", "info", safetensors("a.safetensors", 1), "--numbers");
        assertThat(info.err()).isEmpty();
        assertThat(info.out()).contains("safetensors in 1 file", "2 tensors, 8 numbers, 52 bytes", "by = a test", "layer.weight", "(2, 3)",
                "BF16", "3.500", "1.708");
        var values = new LinkedHashMap<String, Object>();
        values.put("blk.0.w", QuantisedMatrix.of(Tensor.randn(Rng.of(1), 4, 256), BlockFormat.Q3_K));
        Gguf.write(folder.resolve("q.gguf"), new LinkedHashMap<>(Map.of("general.architecture", "llama")), values);
        assertThat(lyceum("model", "info", folder.resolve("q.gguf").toString()).out()).contains("Q3_K", "(4, 256)", "440 bytes",
                "general.architecture = llama");
        Onnx.export(new Mlp(MlpConfig.regressor(4, 3, 8), Rng.of(1)), Tensor.zeros(2, 4), folder.resolve("m.onnx"));
        assertThat(lyceum("model", "info", folder.resolve("m.onnx").toString()).out()).contains("onnx in 1 file", "67 numbers");
    }

    /** Written by scripts beside their specifications (the second runs in llama.cpp) and by PyTorch. */
    @Test void filesOfOtherToolsAreTold() {
        var other = Path.of("..").toAbsolutePath().normalize();
        var safetensors = lyceum("model", "info", other.resolve("lyceum-core/src/test/resources/format/all-types.safetensors").toString());
        assertThat(safetensors.err()).isEmpty();
        assertThat(safetensors.out()).contains("safetensors in 1 file", "BF16: 1 tensors");
        var gguf = lyceum("model", "info", other.resolve("lyceum-llm/src/test/resources/checkpoints/gemma/model.gguf").toString());
        assertThat(gguf.err()).isEmpty();
        assertThat(gguf.out()).contains("gguf in 1 file", "general.architecture = gemma", "token_embd.weight", "blk.0.attn_q.weight");
        var torch = lyceum("model", "info", other.resolve("lyceum-core/src/test/resources/format/storage.pt").toString());
        assertThat(torch.err()).isEmpty();
        assertThat(torch.out()).contains("torch in 1 file");
    }

    @Test void twoFilesAreCompared() throws IOException {
        String a = safetensors("a.safetensors", 1), b = safetensors("b.safetensors", 1.5);
        assertThat(lyceum("model", "diff", a, safetensors("c.safetensors", 1)).out()).contains("2 of 2 tensors are equal");
        var differ = lyceum("model", "diff", a, b);
        assertThat(differ.code()).isEqualTo(LyceumCommand.FAILED);
        assertThat(differ.out()).contains("layer.weight", "0.5000", "1 of 2 tensors are equal");
        assertThat(lyceum("model", "diff", a, b, "--tolerance", "0.1").code()).isZero();
        assertThat(lyceum("model", "diff", a, b, "--tolerance", "-1").code()).isEqualTo(LyceumCommand.USAGE);
    }

    @Test void aFileIsWrittenInAnotherFormat() throws IOException {
        var a = safetensors("a.safetensors", 1);
        for (var target : new String[] {"a.gguf", "a.pt", "a.npz", "shards"}) {
            var to = folder.resolve(target).toString();
            var converted = lyceum("model", "convert", a, to, "--shard", "10");
            assertThat(converted.err()).isEmpty();
            assertThat(converted.out()).contains("Written: ", "2 tensors");
            assertThat(lyceum("model", "diff", a, to).code()).as(target).isZero();
        }
        assertThat(lyceum("model", "convert", a, folder.resolve("h.pt").toString(), "--dtype", "f16").code()).isZero();
        assertThat(lyceum("model", "info", folder.resolve("h.pt").toString()).out()).contains("F16: 2 tensors");
        assertThat(lyceum("model", "convert", a, folder.resolve("x.pt").toString(), "--dtype", "i4").err()).contains("--dtype is i4");
        assertThat(lyceum("model", "convert", a, folder.resolve("x.onnx").toString()).err()).contains("a computation");
    }

    @Test void whatIsNoModelIsRefusedInASentence() throws IOException {
        assertThat(lyceum("model").code()).isEqualTo(LyceumCommand.USAGE);
        assertThat(lyceum("model", "info", folder.resolve("no.gguf").toString()).err()).contains("no.gguf");
        Files.writeString(folder.resolve("bad.gguf"), "no model, and not long either");
        var bad = lyceum("model", "info", folder.resolve("bad.gguf").toString());
        assertThat(bad.code()).isEqualTo(LyceumCommand.FAILED);
        assertThat(bad.err()).contains("begins like no file of weights").doesNotContain("Exception");
    }
}
