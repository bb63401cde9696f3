# ./lyceum test: every test of every module, in three tiers.

test_usage() {
  cat <<'TEXT'
./lyceum test [--fast | --full] [-pl MODULE[,MODULE]] [-Dtest=CLASS[#METHOD]] [-Dname=value]...

  (plain)   every unit test, every lab in test mode, the browser; then the quick tests once more
            under a Turkish locale and Indian time, and the ledger against what was seen
  --fast    no browser, no test tagged slow, no class that takes half a second (tools/launcher/slow-tests.txt)
  --full    the heavy tests too, and operations, formats and a training on arm64 under QEMU; a run that was cut off
            goes on where it stopped
  -pl       only these modules' tests, for the inner loop
  -Dtest    only these tests
  --mutants SLUG [CLASSES]
            changes the topic's class and the helpers it names (or these classes) a bit at a time, runs its
            acceptance tests alone, and prints the changes that none of them noticed
TEXT
}

run_tests() {
  local tier=plain modules='' only='' extra=()
  while [ $# -gt 0 ]; do
    case $1 in
      --mutants) shift; run_mutants "$@"; exit ;;
      --fast | --full) tier=${1#--} ;;
      -pl) [ $# -gt 1 ] || { say "-pl needs a module, such as lyceum-core"; exit 2; }; shift; modules=$1 ;;
      -pl=*) modules=${1#*=} ;;
      -Dtest=*) only=${1#*=} ;;
      -D*) extra+=("$1") ;;
      -h | --help) test_usage; exit 0 ;;
      *) say "test: unknown option $1"; test_usage >&2; exit 2 ;;
    esac
    shift
  done
  local module
  for module in ${modules//,/ }; do
    [ -f "$ROOT/$module/pom.xml" ] || { say "No module $module; the modules are: $(module_names | paste -sd' ')"; exit 2; }
  done
  ensure_jdk
  ensure_maven
  mkdir -p "$STATE"
  [ "$tier" = fast ] || install_pieces "$modules"
  one_at_a_time
  if [ "$tier" = full ]; then full_run; else plain_run; fi
}

# ---- doubt -------------------------------------------------------------------------------------

# run_mutants SLUG [CLASSES]: PIT over the topic's unit, with the tests that claim its clauses and no other.
run_mutants() {
  [ $# -gt 0 ] || { say "--mutants needs a topic, such as ridge"; exit 2; }
  ensure_jdk
  ensure_maven
  mkdir -p "$STATE"
  local targets module
  targets=$(tool Mutants targets "$ROOT" "$@") || exit 2
  mapfile -t targets <<<"$targets"
  module=${targets[0]}
  one_at_a_time
  rm -rf "$ROOT/$module/target/pit-reports"
  maven_progress 'Changing and testing' "$STATE/mutants.log" -Pmutants -pl "$module" -am test-compile org.pitest:pitest-maven:mutationCoverage \
    "-Dmutants.classes=${targets[1]}" "-Dmutants.tests=${targets[2]}" "-Dmutants.methods=${targets[3]}" 8>&- ||
    die "The run failed; its whole log is in .lyceum/mutants.log"
  [ -f "$ROOT/$module/target/pit-reports/mutations.xml" ] || die "Nothing was changed; the whole log is in .lyceum/mutants.log"
  tool Mutants report "$ROOT/$module/target/pit-reports/mutations.xml"
}

tool() { "$JAVA_HOME/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "$ROOT/tools/launcher/$1.java" "${@:2}"; }

module_names() { sed -n 's|.*<module>\(.*\)</module>.*|\1|p' "$ROOT/pom.xml"; }

# ---- what some tests need ----------------------------------------------------------------------

# needed_by MODULES PATTERN: a test of these modules (all when empty) mentions the pattern.
needed_by() {
  local dirs=() module
  for module in ${1//,/ }; do dirs+=("$ROOT/$module/src/test"); done
  [ ${#dirs[@]} -gt 0 ] || dirs=("$ROOT"/*/src/test)
  grep -rqs --include='*.java' -e "$2" "${dirs[@]}"
}

install_pieces() {
  local missing=()
  ! ldd "$JAVA_HOME/lib/libfontmanager.so" 2>/dev/null | grep -q 'not found' || missing+=("${FONT_PACKAGES[@]}")
  if needed_by "$1" 'Tag("browser")'; then
    command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
    command -v chromedriver >/dev/null || missing+=(chromium-driver)
  fi
  if needed_by "$1" '[fF]ashion' || [ -z "$1" ]; then
    [ -d /usr/share/datasets/fashion-mnist ] || [ -n "${LYCEUM_FASHION_MNIST-}" ] || dpkg -s dataset-fashion-mnist >/dev/null 2>&1 || missing+=(dataset-fashion-mnist)
  fi
  if needed_by "$1" 'WordNet' || [ -z "$1" ]; then
    [ -f /usr/share/wordnet/data.noun ] || missing+=(wordnet-base)
  fi
  if needed_by "$1" 'onnx-testdata' || [ -z "$1" ]; then
    dpkg -s libonnx-testdata >/dev/null 2>&1 || missing+=(libonnx-testdata)
  fi
  [ ${#missing[@]} = 0 ] && return 0
  apt_install "${missing[@]}" && return 0
  say "Some tests need ${missing[*]} and will fail without. Install: sudo apt-get install ${missing[*]}"
}

# ---- plain and fast ----------------------------------------------------------------------------

tags_left_out() { if [ "$tier" = fast ]; then printf 'heavy,browser,slow'; else printf 'heavy'; fi; }

SLOW=tools/launcher/slow-tests.txt

# pick: the Maven arguments that select modules and tests. Modules below the chosen ones are compiled, their tests
# are not run: a list of the chosen modules' own test classes takes care of that.
pick() {
  picked=(-Dsurefire.failIfNoSpecifiedTests=false)
  if [ -n "$modules" ]; then
    picked+=(-pl "$modules" -am)
    local classes; classes=$(test_classes ${modules//,/ } | leave_out | paste -sd,)
    if [ -n "$only" ]; then :; elif [ -n "$classes" ]; then picked+=("-Dtest=$classes"); else picked+=(-DskipTests); fi
  fi
  [ -z "$only" ] || picked+=("-Dtest=$only")
  [ "$tier" != fast ] || picked+=("-Dsurefire.excludesFile=$ROOT/$SLOW")
}

# leave_out: test classes without those that the fast tier leaves out; Surefire asks no excludes file where classes are named.
leave_out() { if [ "$tier" = fast ]; then grep -vxFf <(sed 's|\.java$||' "$ROOT/$SLOW"); else cat; fi || :; }

# test_classes MODULE...: their test classes as Surefire patterns.
test_classes() {
  local module
  for module in "$@"; do
    (cd "$ROOT/$module/src/test/java" 2>/dev/null && find . -name '*Test.java' -o -name '*Tests.java' -o -name 'Test*.java') | sed 's|^\./||; s|\.java$||'
  done
}

plain_run() {
  local picked failed=()
  pick
  rm -rf "$ROOT"/*/target/surefire-reports "$ROOT"/*/target/acceptance.jsonl
  surefire test.log "${picked[@]}" -Dexcluded.tags="$(tags_left_out)" || failed+=("the build, see .lyceum/test.log")
  if [ "$tier" = plain ] && [ -z "$modules$only" ]; then
    locale_run || failed+=("the build of the locale run, see .lyceum/locale.log")
    ledger_check || failed+=("the ledger, see .lyceum/ledger.log")
    ledger_write || failed+=("the ledger was not written, see .lyceum/ledger.log")
    papers
  fi
  report "$ROOT"
}

# What is written about the code: the API's pages take one processor, and beside them the other looks at the files.
papers() {
  local pages
  ensure_built
  (source "$ROOT/tools/launcher/more.sh" && make_javadoc) &
  pages=$!
  pages_check || failed+=("a generated page is out of date: ./lyceum refresh")
  (source "$ROOT/tools/launcher/more.sh" && make_format --check) || failed+=("files are not formatted: ./lyceum format")
  wait "$pages" || failed+=("the API's pages: ./lyceum javadoc")
}

# The quick tests once more where "I".toLowerCase() is not "i" and the day begins five and a half hours early.
# They end before the second compiler's code would give back what making it takes: without it they take half of the time.
locale_run() {
  local quick more="-XX:TieredStopAtLevel=1 -Duser.language=tr -Duser.country=TR -Duser.timezone=Asia/Kolkata"
  quick=$(test_report quick "$ROOT" | paste -sd,)
  [ -n "$quick" ] || return 0
  say 'Once more under tr-TR and Asia/Kolkata'
  surefire locale.log "-Dtest=$quick" -Dsurefire.failIfNoSpecifiedTests=false -Dexcluded.tags=heavy,browser,slow \
    -Dsurefire.reportNameSuffix=tr-TR
}

LEDGER=lyceum-labs/src/main/resources/lyceum/labs/ledger

# The run fails when the committed ledger claims what this run did not see.
ledger_check() { [ ! -d "$ROOT/$LEDGER" ] || ledger --check; }

# What the run saw is written down; a line says so when that changes what is committed.
ledger_write() {
  local before
  [ -d "$ROOT/$LEDGER" ] || return 0
  before=$(cksum "$ROOT/$LEDGER"/*)
  ledger || return 1
  [ "$before" = "$(cksum "$ROOT/$LEDGER"/*)" ] || say "The ledger has changed; commit it with the rest: $LEDGER"
}

ledger() {
  ensure_built
  "$JAVA_HOME/bin/java" "${LIGHT_FLAGS[@]}" -cp "$(<"$STATE/classpath")" lyceum.labs.catalogue.LedgerUpdate "$@" "$ROOT" >"$STATE/ledger.log" 2>&1 ||
    { cat "$STATE/ledger.log" >&2; return 1; }
}

# What is made from something else and committed is what would be made now.
pages_check() {
  source "$ROOT/tools/launcher/more.sh"
  ensure_built && make_refresh --check
}

# surefire LOG ARGS...: Maven's test phase; failed tests do not end it, what does not compile does; $more, if the caller
# has it, are more flags for the tests' JVMs.
surefire() {
  local log=$STATE/$1 begin=$SECONDS status; shift
  (cd "$ROOT" && "$MVN" -B -f "$ROOT/pom.xml" -fae -Dmaven.test.failure.ignore=true "-Dvector.flags=${VECTOR_FLAGS[*]} ${more-}" "$@" ${extra[@]+"${extra[@]}"} test 2>&1 8>&-) | tee "$log" | test_line
  status=${PIPESTATUS[0]}
  if [ "$status" != 0 ]; then progress_end ''; grep -m 20 '^\[ERROR\]' "$log" >&2; fi
  return "$status"
}

test_line() {
  local line name='' part='' shown='' class='' tests=0 failures=0 begin=$SECONDS tty=''
  [ -t 2 ] && tty=yes
  while IFS= read -r line; do
    case $line in
      *'] Building '*' ['*/*']') name=${line#*Building }; name=${name%% *}; part=${line##*\[}; part=${part%]} ;;
      *'] Running '*) class=${line##*.} ;;
      *'Tests run: '*' in '*)
        line=${line#*Tests run: }; tests=$((tests + ${line%%,*}))
        case $line in *'FAILURE!'* | *'ERROR!'*) failures=$((failures + 1)); progress_end "  failed: ${line##* }" ;; esac ;;
      *) continue ;;
    esac
    if [ -n "$tty" ]; then
      printf '\r\033[KTesting %s · %s · %s tests%s · %s s' "${part/\// of }" "$name${class:+ $class}" "$tests" "$([ $failures = 0 ] || printf ', %s classes with failures' $failures)" $((SECONDS - begin)) | cut -c1-110 | tr -d '\n' >&2
    elif [ "$name" != "$shown" ]; then
      shown=$name; say "Testing ${part/\// of } · $name · $tests tests so far · $((SECONDS - begin)) s"
    fi
  done
  [ -z "$tty" ] || printf '\r\033[K' >&2
}

test_report() { "$JAVA_HOME/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "$ROOT/tools/launcher/TestReport.java" "$@"; }

# report DIR: failures, slow tests, times by module; the last line is the count, the exit code follows it.
report() {
  test_report summary "$1" ${failed[@]+"${failed[@]}"}
  exit $?
}

# ---- full --------------------------------------------------------------------------------------

# A finished part is remembered under a hash of everything that was tested: change a line, and it starts anew.
full_run() {
  local key state failed=() picked class module
  key=$(cd "$ROOT" && find pom.xml ./*/pom.xml ./*/src -type f ! -path '*/lyceum/labs/ledger/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
  state=$STATE/full-state/$key
  for old in "$STATE"/full-state/*; do [ "$old" = "$state" ] || rm -rf "$old"; done
  mkdir -p "$state"
  pick
  part plain "${picked[@]}" -Dexcluded.tags=heavy
  while read -r module class; do
    [ -z "$only" ] || [[ $only == *"${class##*/}"* ]] || continue
    part "$module-${class//\//.}" -pl "$module" -am "-Dtest=$class" -Dsurefire.failIfNoSpecifiedTests=false -Dgroups=heavy -Dexcluded.tags=none
  done < <(heavy_classes)
  [ -n "$modules$only" ] || elsewhere_once
  report "$state"
}

# The same code on another CPU.
elsewhere_once() {
  if [ -f "$state/elsewhere.passed" ]; then say "arm64: passed before"; return; fi
  source "$ROOT/tools/launcher/elsewhere.sh"
  if elsewhere; then touch "$state/elsewhere.passed"; else failed+=("arm64, see .lyceum/elsewhere*.log"); fi
}

heavy_classes() {
  local module
  for module in $(if [ -n "$modules" ]; then tr , '\n' <<<"$modules"; else module_names; fi); do
    (cd "$ROOT/$module/src/test/java" 2>/dev/null && grep -rl --include='*.java' -e 'Tag("heavy")' . | LC_ALL=C sort) | sed "s|^\./|$module |; s|\.java$||"
  done
}

# part NAME ARGS...: one part of the full run, unless it has passed already.
part() {
  local name=$1 one; shift
  if [ -f "$state/$name/passed" ]; then say "$name: passed before"; return; fi
  say "$name"
  rm -rf "$ROOT"/*/target/surefire-reports "$ROOT"/*/target/acceptance.jsonl "${state:?}/$name"
  surefire full.log "$@" </dev/null || failed+=("$name: the build, see .lyceum/full.log")
  for one in "$ROOT"/*/target/surefire-reports; do
    [ -d "$one" ] || continue
    module=${one%/target/*}; mkdir -p "$state/$name/${module##*/}/target"; cp -r "$one" "$state/$name/${module##*/}/target/"
  done
  mkdir -p "$state/$name"
  [ "$name" != plain ] || ledger_check || failed+=("the ledger, see .lyceum/ledger.log")
  ledger_write || failed+=("the ledger was not written, see .lyceum/ledger.log")
  if test_report passed "$state/$name"; then touch "$state/$name/passed"; fi
}
