package lyceum.studio.cli;

import static lyceum.studio.cli.CommandFixture.lyceum;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataCommandTest {
    @TempDir private Path folder;

    private CommandFixture data(String... words) {
        var all = new ArrayList<>(List.of("data"));
        all.addAll(List.of(words));
        all.addAll(List.of("--store", folder.resolve("store").toString()));
        return lyceum(all.toArray(String[]::new));
    }

    private String done(String... words) {
        var done = data(words);
        assertThat(done.code()).as(done.err()).isZero();
        return done.out();
    }

    private String file(String text) throws IOException { return Files.writeString(folder.resolve("rows.csv"), text).toString(); }

    @Test void versionsAreListedComparedAndGivenBack() throws IOException {
        var first = done("add", file("a,b\n1,2\n3,4\n"), "-m", "as delivered");
        assertThat(first).contains("main, 3 lines, data ");
        assertThat(done("add", file("a,b\n1,2\n3,4\n"))).contains("Nothing changed");
        done("tag", "v1");
        done("add", file("a,b\n1,2\n3,5\n6,7"));
        assertThat(done("log").lines().skip(1).map(l -> l.replaceAll("^\\w+ +\\S+ +(\\d+) +\\w+ +", "$1 ")))
                .containsExactly("4 main  rows.csv", "3 v1    as delivered");
        assertThat(done("log", "v1").lines()).hasSize(2);
        assertThat(done("diff", "main~1", "main")).contains("- 3: 3,4", "+ 3: 3,5", "+ 4: 6,7", "1 lines removed, 2 added");
        assertThat(done("diff", "v1", first.substring(0, 12))).isEqualTo("0 lines removed, 0 added\n");
        done("get", "v1", folder.resolve("back.csv").toString());
        assertThat(folder.resolve("back.csv")).hasContent("a,b\n1,2\n3,4\n");
        done("get", "main", folder.resolve("back.csv").toString());
        assertThat(Files.readString(folder.resolve("back.csv"))).isEqualTo("a,b\n1,2\n3,5\n6,7");
        done("link", "churn-3", "v1", "main");
        assertThat(done("of", "churn-3")).contains("3 lines  as delivered", "4 lines  rows.csv");
        assertThat(done("verify")).contains("All is whole: ");
    }

    @Test void whatIsNotThereIsNamed() throws IOException {
        assertThat(data("log").err()).contains("There is no store ").contains("lyceum data add makes one");
        done("add", file("x\n"));
        assertThat(data("get", "v9", "x").err()).contains("There is no version v9; branches are [main], tags []");
        assertThat(data("diff", "main", "main~3").err()).contains("ain~3: there are fewer versions before main");
        assertThat(data("of", "nobody").err()).contains("odel 'nobody' is linked to no data");
        assertThat(data("add", folder.resolve("none.csv").toString()).err()).contains("There is no file");
        assertThat(data("tag", "-x").code()).isNotZero();
        assertThat(lyceum("data").code()).isEqualTo(LyceumCommand.USAGE);
        try (var files = Files.walk(folder.resolve("store/objects"))) {
            var object = files.filter(Files::isRegularFile).findFirst().orElseThrow();
            Files.write(object, new byte[] {1});
        }
        var damaged = data("verify");
        assertThat(damaged.code()).isEqualTo(1);
        assertThat(damaged.out()).contains("damaged: ");
    }
}
