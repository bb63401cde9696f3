package lyceum.studio.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelsPageTest extends OpenStudio {
    @TempDir static Path folder;

    private static String address(Path path) { return "/models?path=" + URLEncoder.encode(path.toString(), StandardCharsets.UTF_8); }

    private static Path safetensors() throws IOException {
        var tensors = new LinkedHashMap<String, Tensor>();
        tensors.put("layer.0.weight", Tensor.randn(Rng.of(1), 30, 20));
        tensors.put("layer.0.<b>ias", Tensor.zeros(30));
        var path = folder.resolve("a model.safetensors");
        Safetensors.write(path, tensors, Map.of("by", "<script>alert(1)</script>"));
        return path;
    }

    @Test void aFileIsShownWithItsNumbers() throws IOException {
        assertThat(http.get("/models").body()).contains("Name a file of weights on this machine").contains("lyceum model info");
        var page = http.get(address(safetensors()));
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).contains("layer.0.weight", "(30, 20)", "2,400", "<svg", "&lt;script&gt;alert(1)")
                .doesNotContain("<script>alert", "<b>ias", " style=");
        var numbers = http.get(address(safetensors()) + "&tensor=layer.0.weight").body();
        assertThat(numbers).contains("standard deviation", "How its 600 numbers lie.", "id=\"numbers\"");
        assertThat(http.get(address(safetensors()) + "&tensor=layer.0.%3Cb%3Eias").body()).contains("greatest");
        assertThat(http.get(address(safetensors()) + "&tensor=none").body()).contains("no tensor of that name");
    }

    @Test void aModelThatIsServedBesideTheStudioIsLedTo() throws IOException {
        assertThat(http.get("/models").body()).contains("lyceum studio --model model.gguf");
        assertThat(http.get("/chat").statusCode()).isEqualTo(404);
        var options = new StudioOptions("127.0.0.1", 0, folder.resolve("runs"), null, false, false)
                .withTalk(new StudioOptions.Talk("<tiny>", "http://127.0.0.1:9999"));
        try (var beside = Studio.start(options, Shelf.encyclopedia(), new Queueing(2, 32))) {
            var own = new Http(beside.port());
            assertThat(own.get("/models").body()).contains("Talk to &lt;tiny&gt;", "href=\"/chat\"", "href=\"/engine\"");
            assertThat(own.get("/chat").headers().firstValue("Location")).contains("http://127.0.0.1:9999/");
            assertThat(own.get("/engine").headers().firstValue("Location")).contains("http://127.0.0.1:9999/engine");
        }
    }

    @Test void aGraphIsDrawnAndBlocksAreNamed() throws IOException {
        var onnx = folder.resolve("m.onnx");
        Onnx.export(new Mlp(MlpConfig.regressor(4, 3, 8), Rng.of(1)), Tensor.zeros(2, 4), onnx);
        assertThat(http.get(address(onnx)).body()).contains("Operators in order", "MatMul", "Graph", "FLOAT", "FLOAT (batch, 8)",
                "32 batch");
        var blocks = new LinkedHashMap<String, Object>();
        blocks.put("blk.0.w", QuantisedMatrix.of(Tensor.randn(Rng.of(1), 4, 256), BlockFormat.Q4_K));
        Gguf.write(folder.resolve("q.gguf"), new LinkedHashMap<>(Map.of("general.architecture", "llama")), blocks);
        assertThat(http.get(address(folder.resolve("q.gguf")) + "&tensor=blk.0.w").body()).contains("Q4_K", "general.architecture",
                "How its 1,024");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/etc/passwd", "relative.safetensors", "../../x.gguf", "/no/such/file.safetensors", "/dev/zero",
            "/dev/stdin.npz", "/", "/tmp/\u0000.onnx"})
    void whatIsNoFileOfWeightsIsNotOpened(String path) {
        var page = http.get("/models?path=" + URLEncoder.encode(path, StandardCharsets.UTF_8));
        assertThat(page.statusCode()).isEqualTo(422);
        assertThat(page.body()).contains("It cannot be shown").doesNotContain("root:");
    }

    @Test void aDamagedFileIsASentenceAndTellsNothingOfItself() throws IOException {
        for (var name : new String[] {"x.safetensors", "x.gguf", "x.onnx", "x.npz", "x.pt", "x.safetensors.index.json"}) {
            Files.writeString(folder.resolve(name), "secret words, not a model");
            var page = http.get(address(folder.resolve(name)));
            assertThat(page.statusCode()).as(name).isEqualTo(422);
            assertThat(page.body()).as(name).contains("It cannot be shown").doesNotContain("secret words", "Exception");
        }
        Files.createDirectory(folder.resolve("folder.gguf"));
        assertThat(http.get(address(folder.resolve("folder.gguf"))).body()).contains("There is no such file.");
    }

    @Test void noOtherSiteOpensAFileEvenByAClick() throws IOException {
        var address = address(safetensors());
        assertThat(http.get(address, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-User", "?1").statusCode())
                .isEqualTo(403);
        assertThat(http.get(address, "Sec-Fetch-Site", "same-site").statusCode()).isEqualTo(403);
        assertThat(http.get(address, "Sec-Fetch-Site", "same-origin").statusCode()).isEqualTo(200);
        assertThat(http.get("/models", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-User", "?1").statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.168.1.5", "10.0.0.1", "0.0.0.0", "2001:db8::1", "example.org", ""})
    void onlyThisMachinesOwnBrowserMayAsk(
            String address) {
        assertThat(ModelsPage.isLoopback(address)).isFalse();
        assertThat(ModelsPage.isLoopback("127.0.0.1")).isTrue();
        assertThat(ModelsPage.isLoopback("[0:0:0:0:0:0:0:1]")).isTrue();
    }
}
