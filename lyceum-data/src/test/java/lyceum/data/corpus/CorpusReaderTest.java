package lyceum.data.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.data.Column;
import lyceum.data.DuckDb;
import lyceum.data.Frame;
import lyceum.testing.Fuzz;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusReaderTest {
    @TempDir Path folder;

    private final List<Malformed> told = new ArrayList<>();
    private final CorpusReader lenient = new CorpusReader().withOnMalformed(told::add).withDomain("web").withLicence("CC0-1.0");

    private Path file(String name, String text) throws IOException { return Files.writeString(folder.resolve(name), text); }

    @Test void malformedLinesAreToldByNumberAndSkipped() throws IOException {
        var file = file("a.jsonl", """
                {"id": "x", "text": "one", "year": 1961, "metadata": {"who": "me"}}
                {"text": 5}
                {"id": "y"}
                not json

                [1, 2]
                {"text": "two", "domain": "news", "licence": "MIT"}
                {"text": "a", "text": "b"}
                """ + "{\"text\": " + "[".repeat(200) + "]".repeat(200) + "}\n{\"text\": \"last\"}");
        var documents = lenient.jsonl(file).toList();
        assertThat(documents).containsExactly(new Document("x", "one", "web", "CC0-1.0", Map.of("year", "1961", "who", "me")),
                new Document("a.jsonl:7", "two", "news", "MIT", Map.of()), new Document("a.jsonl:10", "last", "web", "CC0-1.0", Map.of()));
        assertThat(told.stream().map(Malformed::line)).containsExactly(2L, 3L, 4L, 6L, 8L, 9L);
        assertThat(told.get(0).toString()).isEqualTo("a.jsonl, line 2: the field \"text\" is not a string");
        assertThatThrownBy(() -> new CorpusReader().jsonl(file).toList()).isInstanceOf(FormatException.class)
                .hasMessageContaining("a.jsonl, line 2");
    }

    @Test void longLinesAndWrongBytesAreToldWithoutBeingHeld() throws IOException {
        var file = folder.resolve("b.txt");
        try (var out = Files.newOutputStream(file)) {
            out.write("first\r\n".getBytes(StandardCharsets.UTF_8));
            for (int i = 0; i < 300; i++) out.write("x".repeat(1000).getBytes(StandardCharsets.UTF_8));
            out.write('\n');
            out.write(new byte[] {'a', (byte) 0xC3, '(', '\n'});
            out.write("\u00e9t\u00e9".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(lenient.withMostBytes(10_000).lines(file).map(d -> d).toList()).extracting(Document::text).containsExactly("first",
                "\u00e9t\u00e9");
        assertThat(told).extracting(Malformed::problem).containsExactly("a line of more than 10000 bytes", "not UTF-8");
        assertThat(told).extracting(Malformed::line).containsExactly(2L, 3L);
    }

    @Test void packedFilesAreUnpackedAndBombsRefused() throws IOException {
        var file = folder.resolve("c.txt.gz");
        try (var out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write("one\ntwo\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(lenient.lines(file).toList()).extracting(Document::text).containsExactly("one", "two");
        var bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 6));
        assertThatThrownBy(() -> lenient.lines(file).toList()).isInstanceOf(FormatException.class).hasMessageContaining("cut off");
        var bomb = folder.resolve("bomb.txt.gz");
        try (var out = new GZIPOutputStream(Files.newOutputStream(bomb))) {
            var zeros = new byte[1 << 20];
            for (int i = 0; i < 60; i++) out.write(zeros);
        }
        assertThatThrownBy(() -> lenient.lines(bomb).toList()).isInstanceOf(FormatException.class).hasMessageContaining("hold more than");
    }

    @Test void csvRowsBecomeDocuments() throws IOException {
        var file = file("d.csv", "id,text,genre\n1,\"a, \"\"b\"\"\nc\",news\n2,short\n3,\"last\",\n");
        assertThat(lenient.csv(file).toList()).containsExactly(new Document("1", "a, \"b\"\nc", "web", "CC0-1.0", Map.of("genre", "news")),
                new Document("3", "last", "web", "CC0-1.0", Map.of("genre", "")));
        assertThat(told).containsExactly(new Malformed("d.csv", 4, "2 cells, the header has 3"));
        var broken = file("e.csv", "id,text\n1,ok\n2,\"" + "x".repeat(5000));
        assertThatThrownBy(() -> lenient.withMostBytes(1000).csv(broken).toList()).isInstanceOf(FormatException.class)
                .hasMessageContaining("e.csv, after line 2");
    }

    @Test void parquetIsReadPageByPage() throws IOException {
        int n = 25_000;
        var texts = new String[n];
        var numbers = new long[n];
        for (int i = 0; i < n; i++) {
            texts[i] = i == 12_345 ? null : "text " + i;
            numbers[i] = i;
        }
        var file = folder.resolve("f.parquet");
        DuckDb.writeParquet(Frame.of(Column.of("text", texts), Column.of("number", numbers)), file);
        var documents = lenient.parquet(file).toList();
        assertThat(documents).hasSize(n - 1);
        assertThat(documents.get(20_000))
                .isEqualTo(new Document("f.parquet:20002", "text 20001", "web", "CC0-1.0", Map.of("number", "20001")));
        assertThat(told).containsExactly(new Malformed("f.parquet", 12_346, "the column \"text\" is null"));
        assertThatThrownBy(() -> lenient.parquet(file("g.parquet", "no")).toList()).isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> lenient.parquet(folder.resolve("none")).toList()).isInstanceOf(LyceumException.class);
    }

    @Test void mailIsReadWithItsEncodingsUndone() throws IOException {
        var mail = file("m.eml", """
                From: =?UTF-8?B?SsO2cmc=?= <j@example.org>
                Subject: =?iso-8859-1?Q?Caf=E9_au?=
                 lait
                Message-ID: <1@example.org>
                Content-Type: multipart/alternative; boundary="b1"

                preamble
                --b1
                Content-Type: text/plain; charset=utf-8
                Content-Transfer-Encoding: quoted-printable

                Gr=C3=BC=C3=9Fe, a long=
                 line
                --b1
                Content-Type: text/html

                <p>no</p>
                --b1--
                """);
        assertThat(lenient.mail(mail).toList())
                .containsExactly(new Document("<1@example.org>", "Caf\u00e9 au lait\n\nGr\u00fc\u00dfe, a long line", "web", "CC0-1.0",
                        Map.of("from", "J\u00f6rg <j@example.org>", "subject", "Caf\u00e9 au lait")));
        assertThat(lenient.mail(file("n.eml", "no header")).toList()).isEmpty();
        assertThat(told).containsExactly(new Malformed("n.eml", 0, "no mail: it has no header"));
    }

    @Test void adjacentEncodedWordsAreOne() throws IOException {
        var mail = file("o.eml", """
                Received: from one
                 by two
                Received: from three
                 by four
                Subject: =?UTF-8?B?R3LDvMOf?=
                 =?utf-8?Q?e_an_J=C3?= =?UTF-8?Q?=B6rg?= and =?iso-8859-1?Q?=E9?= =?UTF-8?Q?=C3=A8?=
                To: a
                to: b
                 c

                text
                """);
        var document = lenient.mail(mail).toList().getFirst();
        assertThat(document.metadata()).containsEntry("subject", "Gr\u00fc\u00dfe an J\u00f6rg and \u00e9\u00e8").containsEntry("to", "a");
    }

    @Test void aByteOrderMarkIsNoText() throws IOException {
        assertThat(lenient.lines(file("p.txt", "\uFEFFone\ntwo")).toList()).extracting(Document::text).containsExactly("one", "two");
        assertThat(lenient.text(file("q.txt", "\uFEFFall")).toList()).extracting(Document::text).containsExactly("all");
        assertThat(lenient.jsonl(file("r.jsonl", "\uFEFF{\"text\": \"a\"}")).toList()).extracting(Document::text).containsExactly("a");
        var rows = lenient.csv(file("s.csv", "\uFEFFid,text\n7,a\n")).toList();
        assertThat(rows).extracting(Document::id).containsExactly("7");
        assertThat(lenient.lines(file("t.txt", "")).toList()).isEmpty();
        assertThat(lenient.lines(file("u.txt", "ab")).toList()).extracting(Document::text).containsExactly("ab");
        assertThat(told).isEmpty();
    }

    @Test void foldersAreReadInOrder() throws IOException {
        Files.createDirectories(folder.resolve("t/b"));
        file("t/b/z.txt", "2");
        file("t/a.txt", "1");
        file("t/c.md", "no");
        assertThat(lenient.folder(folder.resolve("t"), ".txt").toList()).extracting(Document::id).containsExactly("a.txt", "b/z.txt");
    }

    @Test void fiveThousandDamagedFilesAreReadOrRefused() throws IOException {
        var json = "{\"id\": \"x\", \"text\": \"one \\u00e9\", \"metadata\": {\"a\": \"b\"}}\n{\"text\": \"two\"}\n"
                .getBytes(StandardCharsets.UTF_8);
        var csv = "id,text\n1,\"a\nb\"\n2,c\n".getBytes(StandardCharsets.UTF_8);
        var mail = "Subject: =?utf-8?Q?a=20b?=\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Transfer-Encoding: base64\n\nYWJj\n--x--\n"
                .getBytes(StandardCharsets.UTF_8);
        var seen = new HashMap<String, Integer>();
        var reader = new CorpusReader().withMostBytes(1 << 16).withOnMalformed(m -> seen.merge("told", 1, Integer::sum));
        var file = folder.resolve("mutant");
        var report = Fuzz.of(json, csv, mail).allowing(LyceumException.class).mutants(5000, bytes -> {
            Files.write(file, bytes);
            reader.jsonl(file).forEach(d -> seen.merge("json", 1, Integer::sum));
            reader.mail(file).forEach(d -> seen.merge("mail", 1, Integer::sum));
            reader.csv(file).forEach(d -> seen.merge("csv", 1, Integer::sum));
        });
        assertThat(report.accepted() + report.refused()).isEqualTo(5000);
        assertThat(seen).containsKeys("told", "json", "mail", "csv");
    }

    @Test void optionsAreChecked() {
        assertThatThrownBy(() -> lenient.withMostBytes(0)).hasMessageContaining("mostBytes is 0");
        assertThatThrownBy(() -> lenient.jsonl(folder.resolve("none")).toList()).isInstanceOf(LyceumException.class);
    }
}
