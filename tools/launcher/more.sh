# Commands of a clone that are not needed every day: doctor, bench, shell, javadoc, refresh.

# What is missing for a JVM to start is said here; the rest by the program itself.
run_doctor() {
  if ! find_jdk && ! can_install; then
    say "JDK      none of version $JDK_LEAST or later in JAVA_HOME, on the PATH or in /usr/lib/jvm"
    say "         fix it: sudo apt-get install $JDK_PACKAGE ${FONT_PACKAGES[*]}"
    exit 1
  fi
  ensure_built
  start_full doctor "$@"
}

# ---- bench -------------------------------------------------------------------------------------

# Peers are resolved here and nowhere else: an ordinary build downloads none of them.
run_bench() {
  ensure_jdk
  mkdir -p "$STATE"
  local made seen=''
  made=$(cd "$ROOT" && { sources -print0; find lyceum-bench -path '*/target' -prune -o -type f ! -name history.jsonl -print0; } | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-64)
  [ -r "$STATE/bench.built" ] && read -r seen <"$STATE/bench.built"
  if [ "$made" != "$seen" ] || [ ! -s "$ROOT/lyceum-bench/target/classpath.txt" ]; then
    ensure_maven
    maven_progress Building "$STATE/bench.log" $(profile peers) -pl '!:lyceum,!lyceum-bom' process-classes jar:jar ||
      die "The build of the benchmarks failed; its whole log is in .lyceum/bench.log"
    printf '%s\n' "$made" >"$STATE/bench.built"
  fi
  local jar=("$ROOT"/lyceum-bench/target/lyceum-bench-*.jar)
  filtered "$JAVA_HOME/bin/java" -Xmx6g "${VECTOR_FLAGS[@]}" -Dlyceum.root="$ROOT" -cp "${jar[0]}:$(<"$ROOT/lyceum-bench/target/classpath.txt")" \
    lyceum.bench.Main "$@"
}

# profile NAME: Maven's option for a profile that the poms have.
profile() { if grep -qs "<id>$1</id>" "$ROOT/pom.xml" "$ROOT/lyceum-bench/pom.xml"; then printf -- '-P%s' "$1"; fi; }

# ---- shell -------------------------------------------------------------------------------------

run_shell() {
  ensure_built
  exec "$JAVA_HOME/bin/jshell" --class-path "$(<"$STATE/classpath")" --add-modules jdk.incubator.vector \
    -R--add-modules=jdk.incubator.vector -R--enable-native-access=ALL-UNNAMED -R-XX:+UseSerialGC \
    --startup DEFAULT --startup "$ROOT/tools/launcher/imports.jsh" --startup "$ROOT/tools/launcher/greeting.jsh" --feedback concise "$@" \
    2> >(exec grep -v --line-buffered 'Using incubator modules' >&2)
}

# public_packages MODULE...: packages that have a page of their own and are not internal.
public_packages() {
  local module
  for module in "$@"; do
    (cd "$ROOT/lyceum-$module/src/main/java" 2>/dev/null && find . -name package-info.java) | sed 's|^\./||; s|/package-info.java||; s|/|.|g' | grep -v '\.internal'
  done | LC_ALL=C sort
}

# ---- pages that are generated ------------------------------------------------------------------

# The API's pages, of every public package; a warning is a failure.
make_javadoc() {
  ensure_built
  local out=$ROOT/target/site/apidocs new=$STATE/apidocs path=$ROOT/lyceum-withers/src/main/java: module
  local modules=(core plot data stats nn learn text models llm serve labs)
  for module in "${modules[@]}"; do path+="$ROOT/lyceum-$module/src/main/java:$ROOT/lyceum-$module/target/generated-sources/annotations:"; done
  rm -rf "$new"
  mkdir -p "${out%/*}"
  "$JAVA_HOME/bin/javadoc" -quiet -d "$new" --source-path "$path" -cp "$(<"$STATE/classpath")" --add-modules jdk.incubator.vector \
    --release 25 -encoding UTF-8 -notimestamp -Xdoclint:all,-missing -Werror -windowtitle Lyceum -doctitle 'Lyceum: the library' \
    -header '<a href="/">Lyceum</a>' $(public_packages "${modules[@]}") >"$STATE/javadoc.log" 2>&1 ||
    { grep -v '^WARNING: Using incubator' "$STATE/javadoc.log" | tail -n 40 >&2; die "The API's pages were not written; the whole log is in .lyceum/javadoc.log"; }
  rm -rf "$out"
  mv "$new" "$out"
  contents >"$STATE/javadoc.made"
  say "The API's pages are in target/site/apidocs, and at /api-docs/ in the studio"
}

# prepare [cache]: what the next start profits from, or of that the cache alone; once at a time.
prepare() {
  local cache
  built || exit 0
  exec 7>"$STATE/background.lock"
  flock -n 7 || exit 0
  exec >"$STATE/background.log" 2>&1
  cache=$(cache_file)
  if [ ! -s "$cache" ]; then
    mkdir -p "$STATE/aot"
    rm -f "$STATE"/aot/*
    "$JAVA_HOME/bin/java" "${LIGHT_FLAGS[@]}" -Xlog:aot=error -XX:AOTCacheOutput="$cache.new" -Dlyceum.root="$ROOT" \
      -cp "$(<"$STATE/classpath")" $MAIN studio --rehearse && mv "$cache.new" "$cache"
  fi
  [ "${1-}" = cache ] || javadoc_fresh || make_javadoc
}

# What is committed but made from something else: the list of what is used from others, and the picture of the modules.
make_refresh() {
  case ${1-} in '' | --check) ;; *) say "refresh: unknown option $1; it takes --check, or nothing"; exit 2 ;; esac
  ensure_built
  page ThirdParty "$ROOT" "$STATE/classpath" "$ROOT/THIRD-PARTY.md" "$@" && page House "$ROOT" "$ROOT/docs/house.svg" "$@"
}

page() { "$JAVA_HOME/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "$ROOT/tools/$1.java" "${@:2}"; }

# ---- format ------------------------------------------------------------------------------------

# Eclipse's formatter is resolved here and nowhere else: a build does not need it.
make_format() {
  local pom=$ROOT/tools/format/pom.xml path=$STATE/format.classpath
  ensure_jdk
  mkdir -p "$STATE"
  if [ ! -s "$path" ] || [ "$pom" -nt "$path" ]; then
    ensure_maven
    (cd "$ROOT" && "$MVN" -q -B -f "$pom" dependency:build-classpath -Dmdep.outputFile="$path") >"$STATE/format.log" 2>&1 ||
      die "The formatter could not be fetched; the whole log is in .lyceum/format.log"
  fi
  "$JAVA_HOME/bin/java" -cp "$(<"$path")" "$ROOT/tools/format/Format.java" "$ROOT" "$@"
}
