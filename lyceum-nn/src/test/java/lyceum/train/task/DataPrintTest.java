package lyceum.train.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lyceum.FormatException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class DataPrintTest {
    @TempDir private Path folder;
    private DataPrint before;

    private Path file(String name, String text) throws IOException {
        var path = folder.resolve(name);
        Files.createDirectories(path.getParent());
        return Files.writeString(path, text);
    }

    private DataPrint print(String root) throws IOException {
        return DataPrint.of(List.of(folder.resolve(root)), folder.resolve("data/out"));
    }

    @BeforeEach void files() throws IOException {
        file("data/a/1.txt", "one");
        file("data/b/2.txt", "two");
        before = print("data");
        assertThat(before.told()).isEqualTo("2 files of 6 bytes");
    }

    @Test void aCopyElsewhereIsTheSame() throws IOException {
        file("copy/b/2.txt", "two");
        file("copy/a/1.txt", "one");
        assertThat(print("copy")).isEqualTo(before);
        assertThat(DataPrint.of(JsonMapper.shared().readTree(before.json().toString()))).isEqualTo(before);
    }

    @Test void contentsNamesAndNumbersTell() throws IOException {
        file("data/b/2.txt", "owt");
        assertThat(print("data")).isNotEqualTo(before);
        file("data/b/2.txt", "two");
        assertThat(print("data")).isEqualTo(before);
        Files.move(folder.resolve("data/b/2.txt"), folder.resolve("data/b/3.txt"));
        assertThat(print("data")).isNotEqualTo(before);
        file("data/b/2.txt", "two");
        assertThat(print("data").told()).isEqualTo("3 files of 9 bytes");
    }

    @Test void theRunsOwnFolderDoesNotCount() throws IOException {
        file("data/out/run.safetensors", "weights");
        assertThat(print("data")).isEqualTo(before);
    }

    @Test void ofMuchDataTheEndsOfEachFileTell() throws IOException {
        var text = new StringBuilder("x".repeat(200_000));
        var root = List.of(file("data/a/1.txt", text.toString()));
        var ends = DataPrint.of(root, folder.resolve("out"), 1000);
        for (int at : new int[] {0, 65_535, 200_000 - 65_536, 199_999}) {
            text.setCharAt(at, 'y');
            file("data/a/1.txt", text.toString());
            assertThat(DataPrint.of(root, folder.resolve("out"), 1000)).as("at %d", at).isNotEqualTo(ends);
            text.setCharAt(at, 'x');
        }
        file("data/a/1.txt", text.toString());
        assertThat(DataPrint.of(root, folder.resolve("out"), 1000)).isEqualTo(ends);
    }

    @Test void whatIsNoPrintIsRefused() {
        for (var json : List.of("{}", "{\"files\": 1, \"bytes\": 2, \"sha256\": \"abc\"}", "[1]"))
            assertThatThrownBy(() -> DataPrint.of(JsonMapper.shared().readTree(json))).isInstanceOf(FormatException.class)
                    .hasMessageContaining("it has files, bytes and sha256");
    }
}
