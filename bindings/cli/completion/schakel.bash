# SPDX-License-Identifier: EUPL-1.2
# bash completion for schakel. tests/test_table.c fails when a command of the table is missing here.

_schakel_words()
{
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "${COMP_WORDS[COMP_CWORD]}")
}

_schakel()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}

    local groups="listing party match whynot suggestion message area taxonomy rules connector events import
        export backup restore verify status token clock help"
    local everywhere="--data --url --token-file --ca-file --timeout --json --help --version"
    declare -A verbs=(
        [listing]="put get list withdraw pause reopen relax fulfil"
        [party]="put get erase export"
        [suggestion]="list get decide hand-over undo appointments"
        [message]="list take report retry"
        [area]="import list find"
        [taxonomy]="import export find"
        [rules]="check test program describe push dry-run approve activate list get rollback"
        [connector]="put set list"
        [token]="create list revoke"
        [clock]="step"
    )
    declare -A flags=(
        [listing put]="--kind --party --new-party --title --description --category --at --reach
            --within --remote --when --duration --from --until --lang --requires --provides
            --capacity --urgency --attr --status --id --file"
        [listing list]="--kind --status --party --category --area --after --limit"
        [listing withdraw]="--reason"
        [listing relax]="--distance --language --category --threshold --all --until --off"
        [party put]="--kind --lang --block --represented-by --certificate --name --phone --email
            --address --note --file"
        [party get]="--with-contact"
        [party erase]="--yes"
        [match]="--limit --listing"
        [whynot]="--listing"
        [suggestion list]="--state --listing --party --assignee --mine --all --area --best-first
            --after --limit"
        [suggestion decide]="--reason --until --side --outcome --meet --seen"
        [suggestion hand-over]="--seen"
        [suggestion undo]="--seen"
        [suggestion appointments]="--meet --seen"
        [message list]="--party --connector --suggestion --rule --state --after --limit"
        [message take]="--limit"
        [message report]="--attempt --reason"
        [connector set]="--ceiling --absent-from --absent-until --back --substitute"
        [connector put]="--name --area --ceiling --absent-from --absent-until --substitute --file"
        [events]="--after --follow --consumer --ack --limit"
        [area list]="--after --limit --with-polygons"
        [area find]="--rd"
        [rules check]="--rules-dir --taxonomy --strict"
        [rules test]="--rules-dir"
        [rules program]="--rules-dir"
        [rules dry-run]="--at --from --to --backup --html"
        [rules describe]="--format --taxonomy --rules-dir"
        [rules activate]="--max-change"
        [export]="--with-contact --force"
        [token create]="--role --name --area --connector"
    )

    case $prev in
        --data | --rules-dir)
            mapfile -t COMPREPLY < <(compgen -d -- "$cur")
            return
            ;;
        --token-file | --ca-file | --file | --listing | --taxonomy | --html)
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            return
            ;;
        --kind)
            _schakel_words "need initiative offer skill place activity resident
                organisation professional"
            return
            ;;
        --status)
            _schakel_words "open paused fulfilled withdrawn expired"
            return
            ;;
        --state)
            _schakel_words "proposed parked accepted rejected introduced connected declined
                completed ended withdrawn expired"
            return
            ;;
        --role)
            _schakel_words "resident connector admin integrator reader rule-author channel"
            return
            ;;
        --format)
            _schakel_words "md html register json"
            return
            ;;
        --side)
            _schakel_words "demand supply both"
            return
            ;;
        --new-party)
            _schakel_words "resident organisation professional"
            return
            ;;
    esac

    # The words before this one that are no flags: group, verb, arguments.
    local i plain=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            --data | --url | --token-file | --ca-file | --timeout) ((i++)) ;;
            -*) ;;
            *) plain+=("${COMP_WORDS[i]}") ;;
        esac
    done
    local group=${plain[0]-} verb=${plain[1]-}
    [[ -n $group && -z ${verbs[$group]-} ]] && verb=
    local key=$group${verb:+ $verb}

    if [[ $cur == -* ]]; then
        _schakel_words "${flags[$key]-} $everywhere"
    elif [[ -z $group || $group == help ]]; then
        _schakel_words "$groups"
    elif [[ -n ${verbs[$group]-} && -z $verb ]]; then
        _schakel_words "${verbs[$group]}"
    elif [[ $key == "suggestion decide" && ${#plain[@]} -eq 3 ]]; then
        _schakel_words "accept reject park introduce yes decline complete end"
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    fi
}
complete -o filenames -F _schakel schakel
