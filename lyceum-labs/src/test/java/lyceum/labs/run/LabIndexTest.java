package lyceum.labs.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lyceum.labs.LabException;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Catalogue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabIndexTest {

    @Test void everyShippedLabStandsInTheIndexAsItIs() {
        var labs = Catalogue.load().topics().stream()
                .flatMap(t -> Article.find(t.slug()).flatMap(Article::lab).filter(LabClass::isThere).stream()).distinct().toList();

        assertThat(LabIndex.shipped().size()).isGreaterThanOrEqualTo(labs.size());
        assertThat(labs).isNotEmpty().allSatisfy(lab -> assertThat(LabIndex.shipped().find(lab)).contains(LabClass.described(lab)));
    }

    @Test void aLabThatStandsInNoIndexIsDescribed() {
        assertThat(LabIndex.shipped().find("lyceum.labs.dummy.GoodLab")).isEmpty();
        assertThat(LabClass.of("lyceum.labs.dummy.GoodLab").parameters()).hasSize(4);
    }

    @Test void whatIsWrittenIsReadBack() {
        var good = LabClass.described("lyceum.labs.dummy.GoodLab");

        assertThat(LabIndex.parse(LabIndex.text(List.of(good))).find(good.name())).contains(good);
    }

    @Test void writerDescribesEveryLabBelowAFolder(@TempDir Path folder) throws IOException {
        copy("GoodLab", folder);
        LabIndexWriter.write(folder);

        var index = LabIndex.parse(Files.readString(folder.resolve("lyceum/labs/parameters.json")));
        assertThat(index.size()).isEqualTo(1);
        assertThat(index.find("lyceum.labs.dummy.GoodLab")).contains(LabClass.described("lyceum.labs.dummy.GoodLab"));
    }

    @Test void anIndexOfTheSameClassesIsKept(@TempDir Path folder) throws IOException {
        copy("GoodLab", folder);
        LabIndexWriter.write(folder);
        var file = folder.resolve("lyceum/labs/parameters.json");
        var written = Files.readString(file);
        Files.writeString(file, "kept");
        LabIndexWriter.write(folder);
        assertThat(file).hasContent("kept");
        Files.write(folder.resolve("lyceum/labs/dummy/Another.class"), new byte[] {1});
        LabIndexWriter.write(folder);
        assertThat(file).hasContent(written);
    }

    @Test void writerRefusesALabThatFailsBeforeItHasAskedForItsParameters(@TempDir Path folder) throws IOException {
        copy("GoodLab", folder);
        copy("EarlyFailureLab", folder);

        assertThatThrownBy(() -> LabIndexWriter.write(folder)).isInstanceOf(LabException.class).hasMessageContaining(
                "labs that cannot be described: lyceum.labs.dummy.EarlyFailureLab failed before it had asked for its parameters: the data are gone");
        assertThat(folder.resolve("lyceum/labs/parameters.json")).doesNotExist();
    }

    private static void copy(String lab, Path folder) throws IOException {
        var file = Files.createDirectories(folder.resolve("lyceum/labs/dummy")).resolve(lab + ".class");
        try (var in = LabIndexTest.class.getResourceAsStream("/lyceum/labs/dummy/" + lab + ".class")) {
            Files.copy(in, file);
        }
    }
}
