package lyceum.studio.cli;

import static lyceum.studio.cli.CommandFixture.lyceum;
import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import javax.imageio.ImageIO;
import lyceum.format.Npy;
import lyceum.format.Npz;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.onnx.Onnx;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxCommandTest {
    @TempDir private Path folder;

    private Path exported(String name, long seed) throws IOException {
        var file = folder.resolve(name);
        Onnx.export(new Mlp(MlpConfig.regressor(4, 3, 8), Rng.of(seed)), Tensor.zeros(2, 4), file);
        return file;
    }

    @Test void aModelIsLookedIntoRunProfiledAndCompared() throws IOException {
        var file = exported("a.onnx", 1);
        var info = lyceum("onnx", "info", file.toString());
        assertThat(info.err()).isEmpty();
        assertThat(info.out()).contains("in   ", "out  ", "FLOAT", "67 numbers");
        Npy.write(folder.resolve("x.npy"), Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 2, 4));
        var input = info.out().replaceAll("(?s).*in   (\\S+).*", "$1");
        var run = lyceum("onnx", "run", file.toString(), "--input", input + "=" + folder.resolve("x.npy"), "--out",
                folder.resolve("y.npz").toString());
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("FLOAT (2, 3)", "Written:");
        assertThat(lyceum("onnx", "profile", file.toString()).out()).contains("ms in", "%");
        assertThat(lyceum("onnx", "compare", file.toString(), folder.resolve("y.npz").toString(), "--input",
                input + "=" + folder.resolve("x.npy")).out()).contains("1 values agree");
        assertThat(lyceum("onnx", "compare", file.toString(), exported("same.onnx", 1).toString()).code()).isZero();
        var other = lyceum("onnx", "compare", file.toString(), exported("b.onnx", 2).toString());
        assertThat(other.code()).isEqualTo(LyceumCommand.FAILED);
        assertThat(other.out()).contains("differs by");
    }

    @Test void shapesAndCostsAreToldAndDrawnWithoutARun() throws IOException {
        var file = exported("a.onnx", 1).toString();
        var drawing = folder.resolve("a.svg");
        var open = lyceum("onnx", "info", file, "--shapes");
        assertThat(open.err()).isEmpty();
        assertThat(open.out()).contains("MatMul", "32 batch", "FLOAT (batch, 8)").doesNotContain("contradiction", "a run");
        var known = lyceum("onnx", "info", file, "--shapes", "--size", "batch=5", "--graph", drawing.toString()).out();
        assertThat(known).contains("FLOAT (5, 8)", "160", "a run", "Written:");
        assertThat(Files.readString(drawing)).startsWith("<svg").contains("MatMul", "(5, 8)", "160");
    }

    @Test void whatDoesNotFitIsNamed() throws IOException {
        var file = exported("a.onnx", 1).toString();
        assertThat(lyceum("onnx", "info", folder.resolve("no.onnx").toString()).err()).contains("no.onnx");
        Files.writeString(folder.resolve("bad.onnx"), "no model");
        assertThat(lyceum("onnx", "info", folder.resolve("bad.onnx").toString()).code()).isEqualTo(LyceumCommand.FAILED);
        var wrong = new LinkedHashMap<String, Tensor>();
        wrong.put("elsewhere", Tensor.zeros(1));
        Npz.write(folder.resolve("w.npz"), wrong);
        assertThat(lyceum("onnx", "run", file, "--input", folder.resolve("w.npz").toString()).err()).contains("elsewhere",
                "is not an input");
        ImageIO.write(new BufferedImage(3, 3, BufferedImage.TYPE_INT_RGB), "png", folder.resolve("p.png").toFile());
        var name = lyceum("onnx", "info", file).out().replaceAll("(?s).*in   (\\S+).*", "$1");
        assertThat(lyceum("onnx", "run", file, "--input", name + "=" + folder.resolve("p.png")).err())
                .contains("(batch, 3, height, width)");
    }
}
