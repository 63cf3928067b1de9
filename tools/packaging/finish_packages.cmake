# Run by CPack when each component stands in a folder of its own, before it becomes a package: what
# Debian wants of a package and no installation into a prefix does.
file(GLOB COMPONENTS LIST_DIRECTORIES true ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*)
foreach(ROOT ${COMPONENTS})
  get_filename_component(PACKAGE ${ROOT} NAME)
  if(NOT IS_DIRECTORY ${ROOT}/usr)
    continue()
  endif()

  # Settings and units are the machine's, not the prefix's.
  if(EXISTS ${ROOT}/usr/etc)
    file(RENAME ${ROOT}/usr/etc ${ROOT}/etc)
  endif()
  if(EXISTS ${ROOT}/usr/lib/systemd)
    file(MAKE_DIRECTORY ${ROOT}/lib)
    file(RENAME ${ROOT}/usr/lib/systemd ${ROOT}/lib/systemd)
  endif()
  # A unit names the prefix that it was installed in, which was a folder of CPack's.
  file(GLOB UNITS ${ROOT}/lib/systemd/system/*.service)
  foreach(UNIT ${UNITS})
    file(READ ${UNIT} TEXT)
    string(REPLACE "${ROOT}/" "/" TEXT "${TEXT}")
    file(WRITE ${UNIT} "${TEXT}")
  endforeach()

  set(DOC ${ROOT}/usr/share/doc/${PACKAGE})
  file(MAKE_DIRECTORY ${DOC})
  file(COPY ${CPACK_FLATLAN_DEBIAN_FOLDER}/copyright DESTINATION ${DOC})
  configure_file(${CPACK_FLATLAN_DEBIAN_FOLDER}/changelog ${DOC}/changelog.Debian @ONLY)
  if(EXISTS ${CPACK_FLATLAN_DEBIAN_FOLDER}/${PACKAGE}/lintian-overrides)
    configure_file(${CPACK_FLATLAN_DEBIAN_FOLDER}/${PACKAGE}/lintian-overrides
      ${ROOT}/usr/share/lintian/overrides/${PACKAGE} COPYONLY)
  endif()

  file(GLOB_RECURSE PACKED ${ROOT}/usr/share/man/* ${DOC}/changelog.Debian)
  execute_process(COMMAND gzip -9nf ${PACKED} COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND find ${ROOT} -type d -exec chmod 755 {} + COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND find ${ROOT}/usr/share ${DOC} -type f -exec chmod 644 {} +
    COMMAND_ERROR_IS_FATAL ANY)
endforeach()
