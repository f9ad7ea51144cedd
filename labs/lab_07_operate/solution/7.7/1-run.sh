# needs: server
lab drill rebuild --record drill.json
